"""What becomes of a group's members? Steps in, one change out, whatever the group's size. Pure.

A group's members are the stored ones and then, in their order, those that the request adds. Stored
ones that are not loaded can only leave, and adding leaves them alone, so nobody needs to know who
they are. Those that the library has to work on are loaded; from then on they are like added ones.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, assert_never

from scim2_models import InvalidValueException, PatchOperation
from scim2_models.path import FilterNode

from api.scim.members.sent import SentMember, as_sent, model_of, sent_of
from api.scim.members.steps import Other, Put, Select, Step, Take, id_in
from api.scim.members.stored import Member
from api.scim.protocol.ids import ID
from api.scim.protocol.resources import Group
from contracts.names import comparison_key

MOST_SELECTED = 5_000
"""Members that all filters of a PATCH select together: the library makes a model of each, for
every filter. Whoever changes more names them by their ids."""

Apply = Callable[[Group, PatchOperation[Group]], bool]
"""Applies an operation to a group in place, as the library does; says whether it changes it."""


class Label(NamedTuple):
    """What a member is to be called: ``exact``, or as it is called already where this is None."""

    display: str | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """Who is a member afterwards, and who is not. Who is named among both stays.

    ``leave_where`` are filters on entries, for members that are not named.
    """

    stay: Mapping[str, Label] = field(default_factory=dict)
    leave: frozenset[str] = frozenset()
    leave_where: tuple[FilterNode, ...] = ()
    others_leave: bool = False


@dataclass(frozen=True, slots=True)
class Concern:
    """Which stored members have to be loaded."""

    ids: frozenset[str] = frozenset()
    filters: tuple[FilterNode, ...] = ()
    everybody: bool = False


def concern_of(steps: Iterable[Step]) -> Concern:
    """Return which stored members the library has to work on, or to compare with added ones."""
    ids: set[str] = set()
    filters: list[FilterNode] = []
    everybody = False
    for step in steps:
        match step:
            case Select(filter=None):
                everybody = True
            case Select(filter=selection, removes=False) if selection is not None:
                if id_ := id_in(selection):
                    ids.add(id_)
                else:
                    filters.append(selection)
            case Put(members=members):
                ids.update(filter(None, (member.repeats for member in members)))
            case Select() | Take() | Other():
                pass
            case never:
                assert_never(never)
    return Concern(frozenset(ids), tuple(filters), everybody)


def named_in(steps: Iterable[Step]) -> set[str]:
    """Return the ids of whoever may be a member after these steps and not before."""
    named: set[str | None] = set()
    for step in steps:
        match step:
            case Put(members=members):
                named.update(member.value for member in members)
            case Select(operation=operation):  # an entry that it describes may be made
                named.update(ID.findall(f"{operation.path} {operation.value}"))
            case Take() | Other():
                pass
            case never:
                assert_never(never)
    return {id_ for id_ in named if id_}


def plan(steps: Iterable[Step], group: Group, stored: Iterable[Member], apply: Apply) -> "Planned":
    """Return what the steps do, in their order; the group (without members) is changed in place.

    :param stored: the stored members that the steps concern.
    :raises InvalidValueException: when it would take too long.
    """
    membership = _Membership.of(stored)
    rewritten = False
    for step in steps:
        match step:
            case Put(members=members, instead=instead):
                membership.put(members, instead=instead)
            case Take(ids=ids):
                membership.take(ids)
            case Select():
                membership.select(step, group, apply)
            case Other(operation=operation):
                rewritten |= apply(group, operation)
            case never:
                assert_never(never)
    return Planned(membership.changes(), rewritten)


class Planned(NamedTuple):
    """What happens to the members, and whether anything else of the group changes."""

    members: MemberChanges
    rewritten: bool


def exactly(members: Iterable[SentMember]) -> MemberChanges:
    """Return the change to a list of members that was sent whole: as if they were put, at once."""
    labels: dict[str, str | None] = {}
    for member in members:
        if member.value:
            labels[member.value] = member.display or labels.get(member.value)
    stay = {id_: Label(label, exact=True) for id_, label in labels.items()}
    return MemberChanges(stay, others_leave=True)


def types_in(members: Iterable[SentMember]) -> Mapping[str, str]:
    """Return the types that members are said to be of, by their ids; twice named ones left out."""
    members = list(members)
    times = Counter(member.value for member in members)
    return {
        member.value: member.type
        for member in members
        if member.value and member.type is not None and times[member.value] == 1
    }


@dataclass(slots=True)
class _Membership:
    """The members so far: entries that are known, by their value, and what the others do."""

    entries: dict[str | None, list[SentMember]]
    loaded: frozenset[str] = frozenset()
    leave: set[str] = field(default_factory=set)
    leave_where: list[FilterNode] = field(default_factory=list)
    others_leave: bool = False
    selected: int = 0

    @classmethod
    def of(cls, stored: Iterable[Member]) -> "_Membership":
        entries: dict[str | None, list[SentMember]] = {
            member.id: [as_sent(member)] for member in stored
        }
        return cls(entries, loaded=frozenset(filter(None, entries)))

    def put(self, members: Iterable[SentMember], *, instead: bool) -> None:
        if instead:
            self.entries = {}
            self.others_leave = True
        added: dict[str | None, list[SentMember]] = {}
        for member in members:
            before = self.entries.get(member.value, ())
            if not any(_likeness(entry) == _likeness(member) for entry in before):
                added.setdefault(member.value, []).append(member)
        for value, entries in added.items():
            self.entries.setdefault(value, []).extend(entries)

    def take(self, ids: frozenset[str]) -> None:
        for id_ in ids:
            self.entries.pop(id_, None)
        self.leave |= ids

    def select(self, step: Select, group: Group, apply: Apply) -> None:
        self.selected += sum(map(len, self.entries.values()))
        if self.selected > MOST_SELECTED:
            raise InvalidValueException(
                detail=f"The paths of a PATCH select among at most {MOST_SELECTED} members in all;"
                " name members by their ids, or send several"
            )
        group.members = [model_of(entry) for has in self.entries.values() for entry in has] or None
        apply(group, step.operation)
        self.entries = {}
        for entry in sent_of(group.members):
            self.entries.setdefault(entry.value, []).append(entry)
        group.members = None
        if step.removes and step.filter is not None and not self.others_leave:
            self.leave_where.append(step.filter)

    def changes(self) -> MemberChanges:
        stay = {
            id_: Label(_label(entries), exact=self._is_known(id_))
            for id_, entries in self.entries.items()
            if id_
        }
        gone = (self.leave | self.loaded) - stay.keys()
        return MemberChanges(stay, frozenset(gone), tuple(self.leave_where), self.others_leave)

    def _is_known(self, id_: str) -> bool:
        """Say whether nothing stored can add to what the entries say of a member."""
        return self.others_leave or id_ in self.leave or id_ in self.loaded


def _likeness(member: SentMember) -> tuple[Any, ...]:
    """Return what two entries with one value have in common if they are the same."""
    kind, label = (text and comparison_key(text) for text in (member.type, member.display))
    return (member.ref, kind, label)


def _label(entries: Iterable[SentMember]) -> str | None:
    """Return the last label that a member was sent with."""
    label = None
    for entry in entries:
        label = entry.display or label
    return label
