"""What does each operation of a PATCH do to a group's members? Steps out of operations. Pure.

The frequent shapes become steps of our own, which cost by the members they name. Whatever else
reaches into ``members`` (sub-attributes, other filters) is left to the library, with those members
loaded that it may touch; and what does not concern members at all goes to the library without any.
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
class Put:
    """Add members, or put them in the place of all."""

    members: Sequence[SentMember]
    instead: bool = False


@dataclass(frozen=True, slots=True)
class Take:
    """Remove members by their ids."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Select:
    """Do something to the members that a filter selects; to all where there is none.

    ``removes``: whether the members go, rather than what is known of them.
    """

    operation: PatchOperation[Group]
    filter: FilterNode | None
    removes: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Do something that does not concern members."""

    operation: PatchOperation[Group]


Step = Put | Take | Select | Other

NOBODY = Put((), instead=True)


def plain_step(operation: Any) -> Put | Take | None:
    """Return the step of an operation as it was sent, if it has one of the frequent shapes.

    Only what the library would accept has one, so it need not be asked.
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
        return _plain(PatchOperation.Op(op.lower()), Path[Group](path), sent.get("value"))
    except InvalidPathException:
        return None


def steps_of(operation: PatchOperation[Group]) -> list[Step]:
    """Return the steps of an operation that the library has read."""
    path = Path[Group](operation.path or "")
    if path.model is not None:
        return _steps_of_attributes(operation)
    if path.parts[0].lower() != MEMBERS:
        return [Other(operation)]
    plain = _plain(operation.op, path, operation.value)
    return [plain or _selection(operation, path)]


def _plain(op: PatchOperation.Op, path: "Path[Group]", value: Any) -> Put | Take | None:
    known = path.schema is None or path.schema.lower() == str(Group.__schema__).lower()
    if not known or [part.lower() for part in path.parts] != [MEMBERS]:
        return None
    if path.value_filter is not None:
        id_ = id_in(path.value_filter)
        return Take(frozenset({id_})) if op == REMOVE and value is None and id_ else None
    if op == REMOVE:
        return NOBODY if value is None else _taken(value)
    if value is None and op == ADD:
        return None
    members = read_members(value)
    return None if members is None else Put(members, instead=op == REPLACE)


def _taken(value: Any) -> Take | None:
    """Return the removal of the members whose ids are the value."""
    members = read_members(value)
    ids = [member.value or "" for member in members or ()]
    return Take(frozenset(ids)) if members is not None and all(map(_is_id, ids)) else None


def id_in(selection: FilterNode | None) -> str | None:
    """Return the id that a filter compares with, if that is all it does."""
    match selection:
        case Comparison(AttrPath(attr, None, None), CompareOperator.eq, str(value)) if (
            attr.lower() == "value" and _is_id(value)
        ):
            return value
        case _:
            return None


def _is_id(text: str) -> bool:
    """Say whether a text is compared as it stands; what is not ASCII has several spellings."""
    return text != "" and text.isascii()


def _steps_of_attributes(operation: PatchOperation[Group]) -> list[Step]:
    """Split an operation on the whole group, whose value names attributes."""
    if operation.op == REMOVE or not isinstance(operation.value, dict):
        return [Other(operation)]
    others: dict[str, Any] = {}
    steps: list[Step] = []
    for name, value in operation.value.items():
        if _names_members(name):
            op = REPLACE if value is None else operation.op
            steps += steps_of(PatchOperation[Group](op=op, path=Path[Group](name), value=value))
        else:
            others[name] = value
    if others or not steps:
        other = PatchOperation[Group](op=operation.op, path=operation.path, value=others)
        steps.insert(0, Other(other))
    return steps


def _names_members(name: str) -> bool:
    """Say whether a key of a value is ``members``, or a part of it; filters are no keys."""
    try:
        path = Path[Group](name)
    except InvalidPathException:
        return False
    parts = [part.lower() for part in path.parts]
    return parts[:1] == [MEMBERS] and path.value_filter is None and path.resolve() is not None


def _selection(operation: PatchOperation[Group], path: "Path[Group]") -> Step:
    selected, is_whole = path.value_filter, len(path.parts) == 1
    removes = operation.op == REMOVE and is_whole
    if removes and operation.value is not None:
        selected = _described(operation.value)
    if selected is None and is_whole:
        return _without_members(operation)
    return Select(operation, selected, removes)


def _without_members(operation: PatchOperation[Group]) -> Step:
    """Return the step that unassigns all, or the one that the library will refuse: bad entries."""
    if operation.op == REPLACE and operation.value is None:
        return NOBODY
    return Other(operation)


def _described(value: Any) -> FilterNode:
    """Return the filter that the value of a removal stands for: any of these, all that it says."""
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
