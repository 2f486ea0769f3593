"""What becomes of a group's members? A pure function folds the steps of a PATCH into one plan.

The plan costs the same whatever the size of the group: stored members need not be loaded, because
an addition never touches them, and their removal can be said as a condition. Only the members that
the library has to work on are loaded; from then on they are treated like added ones. The members
of a group are the stored ones, followed by those that the request adds, in their order.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, assert_never

from scim2_models import InvalidValueException, PatchOperation
from scim2_models.path import FilterNode

from api.scim.members.sent import SentMember, as_sent, model_of, sent_of
from api.scim.members.steps import (
    AddMembers,
    FilteredOperation,
    GroupOperation,
    RemoveMembers,
    Step,
    id_in,
)
from api.scim.members.stored import Member
from api.scim.protocol.ids import ID
from api.scim.protocol.resources import Group
from contracts.names import comparison_key

MOST_SELECTED = 5_000
"""Members that all filters of a PATCH may select together: the library makes a model of each, for
every filter. A provider that changes more has to name them by their ids."""

Apply = Callable[[Group, PatchOperation[Group]], bool]
"""Applies an operation to a group in place, as the library does; returns whether it changed."""


class Label(NamedTuple):
    """The label that a member is to have.

    Without a ``display`` the member keeps its stored label; with ``exact`` it has none then.
    """

    display: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """The change of a group's members. An id in both ``keep`` and ``remove`` is kept.

    ``keep`` holds the ids that are members afterwards, stored or new. Other stored members are
    removed by their ids, by the filters of ``remove_where``, or all of them by ``remove_others``.
    """

    keep: Mapping[str, Label] = field(default_factory=dict)
    remove: frozenset[str] = frozenset()
    remove_where: tuple[FilterNode, ...] = ()
    remove_others: bool = False


@dataclass(frozen=True, slots=True)
class MembersToLoad:
    """The stored members that a plan needs: by their ids, by filters, or all of them."""

    ids: frozenset[str] = frozenset()
    filters: tuple[FilterNode, ...] = ()
    all_members: bool = False


def members_to_load(steps: Iterable[Step]) -> MembersToLoad:
    """Return the stored members that the library works on, or compares with added ones."""
    ids: set[str] = set()
    filters: list[FilterNode] = []
    all_members = False
    for step in steps:
        match step:
            case FilteredOperation(filter=None):
                all_members = True
            case FilteredOperation(filter=selection, removes=False) if selection is not None:
                if id_ := id_in(selection):
                    ids.add(id_)
                else:
                    filters.append(selection)
            case AddMembers(members=members):
                ids.update(filter(None, (member.repeats for member in members)))
            case FilteredOperation() | RemoveMembers() | GroupOperation():
                pass
            case never:
                assert_never(never)
    return MembersToLoad(frozenset(ids), tuple(filters), all_members)


def possible_new_ids(steps: Iterable[Step]) -> set[str]:
    """Return the ids of all members that these steps may add."""
    ids: set[str | None] = set()
    for step in steps:
        match step:
            case AddMembers(members=members):
                ids.update(member.value for member in members)
            case FilteredOperation(operation=operation):  # may add its described entry
                ids.update(ID.findall(f"{operation.path} {operation.value}"))
            case RemoveMembers() | GroupOperation():
                pass
            case never:
                assert_never(never)
    return {id_ for id_ in ids if id_}


def plan(
    steps: Iterable[Step], group: Group, stored: Iterable[Member], apply: Apply
) -> "PatchPlan":
    """Plan the steps in their order; the group, which has no members, is changed in place.

    :param stored: the members of ``members_to_load``.
    :raises InvalidValueException: when the filters select too many members.
    """
    membership = _Membership.of(stored)
    rewritten = False
    for step in steps:
        match step:
            case AddMembers(members=members, replaces_all=replaces_all):
                membership.add(members, replaces_all=replaces_all)
            case RemoveMembers(ids=ids):
                membership.remove(ids)
            case FilteredOperation():
                membership.apply_filtered(step, group, apply)
            case GroupOperation(operation=operation):
                rewritten |= apply(group, operation)
            case never:
                assert_never(never)
    return PatchPlan(membership.changes(), rewritten)


class PatchPlan(NamedTuple):
    """The effect of a PATCH: the change of members; ``rewritten`` tells of any other change."""

    members: MemberPlan
    rewritten: bool


def replace_all_with(members: Iterable[SentMember]) -> MemberPlan:
    """Return the plan that makes a complete list, as a PUT sends it, the members of a group."""
    labels: dict[str, str | None] = {}
    for member in members:
        if member.value:
            labels[member.value] = member.display or labels.get(member.value)
    keep = {id_: Label(label, exact=True) for id_, label in labels.items()}
    return MemberPlan(keep, remove_others=True)


def sent_types(members: Iterable[SentMember]) -> Mapping[str, str]:
    """Return the types that members were sent with, by id; an id that is sent twice has none."""
    members = list(members)
    times = Counter(member.value for member in members)
    return {
        member.value: member.type
        for member in members
        if member.value and member.type is not None and times[member.value] == 1
    }


@dataclass(slots=True)
class _Membership:
    """The members while steps are applied: known entries by id, and removals of unknown ones."""

    entries: dict[str | None, list[SentMember]]
    loaded: frozenset[str] = frozenset()
    removed: set[str] = field(default_factory=set)
    remove_where: list[FilterNode] = field(default_factory=list)
    remove_others: bool = False
    selected: int = 0

    @classmethod
    def of(cls, stored: Iterable[Member]) -> "_Membership":
        entries: dict[str | None, list[SentMember]] = {
            member.id: [as_sent(member)] for member in stored
        }
        return cls(entries, loaded=frozenset(filter(None, entries)))

    def add(self, members: Iterable[SentMember], *, replaces_all: bool) -> None:
        if replaces_all:
            self.entries = {}
            self.remove_others = True
        added: dict[str | None, list[SentMember]] = {}
        for member in members:
            before = self.entries.get(member.value, ())
            if not any(_identity_of(entry) == _identity_of(member) for entry in before):
                added.setdefault(member.value, []).append(member)
        for value, entries in added.items():
            self.entries.setdefault(value, []).extend(entries)

    def remove(self, ids: frozenset[str]) -> None:
        for id_ in ids:
            self.entries.pop(id_, None)
        self.removed |= ids

    def apply_filtered(self, step: FilteredOperation, group: Group, apply: Apply) -> None:
        self.selected += sum(map(len, self.entries.values()))
        if self.selected > MOST_SELECTED:
            raise InvalidValueException(
                detail=f"The paths of a PATCH select among at most {MOST_SELECTED} members in all;"
                " name members by their ids, or send several"
            )
        group.members = [model_of(it) for same in self.entries.values() for it in same] or None
        apply(group, step.operation)
        self.entries = {}
        for entry in sent_of(group.members):
            self.entries.setdefault(entry.value, []).append(entry)
        group.members = None
        if step.removes and step.filter is not None and not self.remove_others:
            self.remove_where.append(step.filter)

    def changes(self) -> MemberPlan:
        keep = {
            id_: Label(_label(entries), exact=self._is_known(id_))
            for id_, entries in self.entries.items()
            if id_
        }
        removed = (self.removed | self.loaded) - keep.keys()
        return MemberPlan(keep, frozenset(removed), tuple(self.remove_where), self.remove_others)

    def _is_known(self, id_: str) -> bool:
        """Return whether the entries of a member are complete: its stored label does not count."""
        return self.remove_others or id_ in self.removed or id_ in self.loaded


def _identity_of(member: SentMember) -> tuple[Any, ...]:
    """Return the key by which two entries of one member count as the same entry."""
    kind, label = (text and comparison_key(text) for text in (member.type, member.display))
    return (member.ref, kind, label)


def _label(entries: Iterable[SentMember]) -> str | None:
    """Return the last label among the entries of a member."""
    label = None
    for entry in entries:
        label = entry.display or label
    return label
