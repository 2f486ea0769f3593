"""Does each schema of the document have the name that a person would give it?"""

import pytest

from api.admin.http.schema_names import name_of, rename_schemas


@pytest.mark.parametrize(
    ("of_class", "name"),
    [
        ("ConnectionShown", "Connection"),
        ("ConnectionWanted", "ConnectionRequest"),
        ("PageOf_ConnectionShown_", "ConnectionList"),
        ("PageOf_ChangeShown_", "AuditEntryList"),
        ("Effect", "HeldEffect"),
        ("EffectShown", "Effect"),
        ("Problem", "Problem"),
    ],
)
def test_a_schema_is_named_after_what_it_describes(of_class: str, name: str) -> None:
    assert name_of(of_class) == name


def test_references_and_descriptions_go_with_the_names() -> None:
    told = {"$ref": "#/components/schemas/PolicyShown"}
    choice = {"oneOf": [told], "default": {"do": "nothing"}, "title": "Choice"}
    document = {
        "components": {
            "schemas": {
                "PolicyShown": {"properties": {"default": {"type": "string"}}, "title": "x"},
                "PageOf_PolicyShown_": {"properties": {"items": told, "choice": choice}},
                "Kind": {"enum": ["let-go"], "description": "``LET_GO`` and ``x``."},
            }
        },
        "paths": {"/x": {"get": {"schema": told}}},
    }
    rename_schemas(document)
    new = {"$ref": "#/components/schemas/Policy"}
    assert document == {
        "components": {
            "schemas": {
                "Policy": {"properties": {"default": {"type": "string"}}, "title": "Policy"},
                "PolicyList": {
                    "title": "PolicyList",
                    "description": "A page of a list of `Policy`.",
                    "properties": {"items": new, "choice": {"oneOf": [new], "title": "Choice"}},
                },
                "FailureKind": {
                    "enum": ["let-go"],
                    "title": "FailureKind",
                    "description": "`let-go` and `x`.",
                },
            }
        },
        "paths": {"/x": {"get": {"schema": new}}},
    }
