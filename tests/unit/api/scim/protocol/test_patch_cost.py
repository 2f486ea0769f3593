"""Is a PATCH refused that would keep everybody waiting, and no other?"""

from typing import Any

import pytest
from scim2_models import InvalidValueException, PatchOp, PatchOperation

from api.scim.protocol.patch_cost import check_effort
from api.scim.protocol.resources import ScimUser


def somebody(entries: int) -> ScimUser:
    emails = [{"value": f"{n}@acme.test", "type": f"t{n}"} for n in range(entries)]
    return ScimUser.model_validate({"userName": "ada", "emails": emails})


def patch_of(*operations: dict[str, Any]) -> "PatchOp[Any]":
    each = [PatchOperation[ScimUser].model_construct(**{"path": None} | it) for it in operations]
    return PatchOp[ScimUser].model_construct(operations=each)


def compare(number: int) -> dict[str, Any]:
    return {"op": "replace", "path": f'emails[type eq "t{number}"].value', "value": "new@acme.test"}


def test_many_comparisons_with_few_entries_are_let_pass() -> None:
    check_effort(somebody(5), patch_of(*map(compare, range(1000))))


def test_many_operations_on_many_entries_are_let_pass() -> None:
    title = {"op": "replace", "path": "title", "value": "Weaver"}
    check_effort(somebody(1000), patch_of(*[title] * 500))


@pytest.mark.parametrize(
    "operations",
    [
        [compare(n) for n in range(1000)],
        [{"op": "replace", "value": {f'emails[type eq "{n}"].value': "x" for n in range(20)}}],
        [
            {
                "op": "replace",
                "path": "emails[" + " or ".join(['type eq "x"'] * 20) + "].display",
                "value": "x",
            }
        ],
        [{"op": "add", "path": "emails", "value": [{"value": f"{n}@x"}] * 100} for n in range(150)],
    ],
)
def test_what_compares_too_often_is_refused(operations: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidValueException):
        check_effort(somebody(1000), patch_of(*operations))
