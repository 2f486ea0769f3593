"""What does each operation of a PATCH do to a group's members? Pure functions make steps of it.

The frequent shapes become steps of our own, whose cost follows the members that they name. Other
operations on ``members`` (sub-attributes, other filters) are left to the library, with the members
loaded that they may touch. Operations on other attributes go to the library without any member.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from scim2_models import InvalidPathException, PatchOperation, Path
from scim2_models.path import AttrPath, CompareOperator, Comparison, FilterNode

from api.scim.members.sent import SentMember, read_members
from api.scim.protocol.resources import Group

ADD, REPLACE, REMOVE = PatchOperation.Op.add, PatchOperation.Op.replace_, PatchOperation.Op.remove

MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class AddMembers:
    """Add members; with ``replaces_all``, in the place of all members before."""

    members: Sequence[SentMember]
    replaces_all: bool = False


@dataclass(frozen=True, slots=True)
class RemoveMembers:
    """Remove members by their ids."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class FilteredOperation:
    """An operation of the library on the members that a filter selects; None selects all.

    ``removes`` tells a removal of members from one of their sub-attributes.
    """

    operation: PatchOperation[Group]
    filter: FilterNode | None
    removes: bool


@dataclass(frozen=True, slots=True)
class GroupOperation:
    """An operation of the library on attributes other than ``members``."""

    operation: PatchOperation[Group]


Step = AddMembers | RemoveMembers | FilteredOperation | GroupOperation

REMOVE_ALL = AddMembers((), replaces_all=True)


def plain_step(operation: Any) -> AddMembers | RemoveMembers | None:
    """Return the step of an operation that the library has not read; None for unusual shapes.

    The library would accept every operation that has a step here, so it is not asked.
    """
    if not isinstance(operation, dict):
        return None
    sent = {name.lower(): value for name, value in operation.items()}
    op, path = sent.get("op"), sent.get("path")
    if (
        not isinstance(op, str)
        or not isinstance(path, str)
        or op.lower() not in {*PatchOperation.Op}
    ):
        return None
    try:
        return _plain_step(PatchOperation.Op(op.lower()), Path[Group](path), sent.get("value"))
    except InvalidPathException:
        return None


def steps_of(operation: PatchOperation[Group]) -> list[Step]:
    """Return the steps of an operation that the library has read."""
    path = Path[Group](operation.path or "")
    if path.model is not None:
        return _steps_of_attributes(operation)
    if path.parts[0].lower() != MEMBERS:
        return [GroupOperation(operation)]
    plain = _plain_step(operation.op, path, operation.value)
    return [plain or _filtered_step(operation, path)]


def _plain_step(
    op: PatchOperation.Op, path: "Path[Group]", value: Any
) -> AddMembers | RemoveMembers | None:
    known = path.schema is None or path.schema.lower() == str(Group.__schema__).lower()
    if not known or [part.lower() for part in path.parts] != [MEMBERS]:
        return None
    if path.value_filter is not None:
        id_ = id_in(path.value_filter)
        return RemoveMembers(frozenset({id_})) if op == REMOVE and value is None and id_ else None
    if op == REMOVE:
        return REMOVE_ALL if value is None else _removal_by_ids(value)
    if value is None and op == ADD:
        return None
    members = read_members(value)
    return None if members is None else AddMembers(members, replaces_all=op == REPLACE)


def _removal_by_ids(value: Any) -> RemoveMembers | None:
    """Return the removal of members that the value lists by their ids, if all are ids."""
    members = read_members(value)
    ids = [member.value or "" for member in members or ()]
    return RemoveMembers(frozenset(ids)) if members is not None and all(map(_is_id, ids)) else None


def id_in(condition: FilterNode | None) -> str | None:
    """Return the id of a filter that is nothing but ``value eq "id"``, else None."""
    match condition:
        case Comparison(AttrPath(attr, None, None), CompareOperator.eq, str(value)) if (
            attr.lower() == "value" and _is_id(value)
        ):
            return value
        case _:
            return None


def _is_id(text: str) -> bool:
    """Return whether a text is compared as it stands; outside of ASCII, spellings differ."""
    return text != "" and text.isascii()


def _steps_of_attributes(operation: PatchOperation[Group]) -> list[Step]:
    """Split an operation without a path, whose value is an object of attributes."""
    if operation.op == REMOVE or not isinstance(operation.value, dict):
        return [GroupOperation(operation)]
    remaining: dict[str, Any] = {}
    steps: list[Step] = []
    for name, value in operation.value.items():
        if _is_members_key(name):
            op = REPLACE if value is None else operation.op
            steps += steps_of(PatchOperation[Group](op=op, path=Path[Group](name), value=value))
        else:
            remaining[name] = value
    if remaining or not steps:
        rest = PatchOperation[Group](op=operation.op, path=operation.path, value=remaining)
        steps.insert(0, GroupOperation(rest))
    return steps


def _is_members_key(name: str) -> bool:
    """Return whether a key of a value is ``members`` or a sub-attribute, without a filter."""
    try:
        path = Path[Group](name)
    except InvalidPathException:
        return False
    parts = [part.lower() for part in path.parts]
    return parts[:1] == [MEMBERS] and path.value_filter is None and path.resolve() is not None


def _filtered_step(operation: PatchOperation[Group], path: "Path[Group]") -> Step:
    condition, is_whole = path.value_filter, len(path.parts) == 1
    removes = operation.op == REMOVE and is_whole
    if removes and operation.value is not None:
        condition = _filter_described_by(operation.value)
    if condition is None and is_whole:
        return _unfiltered_step(operation)
    return FilteredOperation(operation, condition, removes)


def _unfiltered_step(operation: PatchOperation[Group]) -> Step:
    """Return the step for all members: ``REMOVE_ALL``, or bad entries that the library refuses."""
    if operation.op == REPLACE and operation.value is None:
        return REMOVE_ALL
    return GroupOperation(operation)


def _filter_described_by(value: Any) -> FilterNode:
    """Return the filter for the value of a removal: any of its entries, with all attributes."""
    entries = value if isinstance(value, list) else [value]
    alternatives: list[FilterNode] = [
        reduce(
            and_,
            (
                Comparison(AttrPath(name), CompareOperator.eq, wanted)
                for name, wanted in entry.items()
            ),
        )
        for entry in entries
    ]
    return reduce(or_, alternatives)
