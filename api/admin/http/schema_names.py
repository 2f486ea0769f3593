"""What are schemas called in the OpenAPI document? They have the names of the things described.

Classes are named after their part in a route, as ``ConnectionShown`` and ``ConnectionWanted`` are;
a generated client has ``Connection`` and ``ConnectionRequest``.
"""

import re
from typing import Any

SCHEMAS = "#/components/schemas/"

NAMES = {
    "Aspect": "PersonAspect",
    "ApprovedShown": "Approval",
    "ChangeImagined": "PreviewRequest",
    "ChangeShown": "AuditEntry",
    "ChangeWanted": "ConnectionChange",
    "ConnectionCounted": "ConnectionCounts",
    "CountsShown": "StateCounts",
    "Decision": "HeldDecision",
    "Effect": "HeldEffect",
    "EntryShown": "TimelineEntry",
    "ExaminedShown": "Examination",
    "Kind": "FailureKind",
    "Locking": "LockOutcome",
    "MovedShown": "Move",
    "Outcome": "AuditOutcome",
    "People": "PeopleAfterwards",
    "Portal": "PortalName",
    "PublishedShown": "Republication",
    "RejectedShown": "Rejection",
    "RequestShown": "ProviderRequest",
    "Result": "FindingResult",
    "RotationWanted": "TokenRotation",
    "RulesWanted": "RulesChange",
    "WholePersonShown": "PersonDetails",
    "WorkspaceCounted": "WorkspaceCounts",
}
"""Names that say more than those of the classes, or would otherwise be taken twice."""

PAGE = re.compile(r"PageOf_(\w+)_")
MEMBER = re.compile(r"``[A-Z_]+``")
"""A member of an enum in its docstring. Its value has the same name, but as ``let-go`` has it."""


def name_of(schema: str) -> str:
    """Return the name in the document for a schema that has the name of its class."""
    if schema in NAMES:
        return NAMES[schema]
    if page := PAGE.fullmatch(schema):
        return f"{name_of(page[1])}List"
    if schema.endswith("Wanted"):
        return f"{schema.removesuffix('Wanted')}Request"
    return schema.removesuffix("Shown")


def rename_schemas(document: dict[str, Any]) -> None:
    """Give each schema its name, in its place and in references.

    Pages are described here, because their class is one for all of them.
    """
    schemas = document["components"]["schemas"]
    renamed = {}
    for name, schema in schemas.items():
        described = schema | {"title": name_of(name)}
        if "enum" in schema:
            told = schema.get("description", "")
            described["description"] = MEMBER.sub(lambda it: it[0].lower().replace("_", "-"), told)
        if page := PAGE.fullmatch(name):
            described["description"] = f"A page of a list of `{name_of(page[1])}`."
        renamed[name_of(name)] = described
    assert len(renamed) == len(schemas), "two schemas have the same name"
    document["components"]["schemas"] = _renamed(renamed)
    document["paths"] = _renamed(document["paths"])


def _renamed(value: Any) -> Any:
    match value:
        case list():
            return [_renamed(entry) for entry in value]
        case {"oneOf": _, "default": dict()}:
            # Answers have every field, and generators of clients take no object for a default.
            return _renamed({key: entry for key, entry in value.items() if key != "default"})
        case dict():
            return {key: _renamed(entry) for key, entry in value.items()}
        case str() if value.startswith(SCHEMAS):
            return SCHEMAS + name_of(value.removeprefix(SCHEMAS))
        case str():
            return value.replace("``", "`")  # docstrings, which are Markdown in the document
        case _:
            return value
