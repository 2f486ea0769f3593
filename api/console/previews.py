"""What does a page show of a preview? Its effects are counted, and some of each kind told in words.

A preview plans everybody whom a change concerns. Only as many effects are kept as a page shows.
"""

from collections import Counter
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from api.admin.named_people import NamedPerson, names_of_holders, people_with_ids
from api.console.effect_words import holder_in, told_loss, told_refusal
from api.console.visit import Visit
from api.console.words import label, shortened
from contracts.downstream.preview import EffectKind, PlannedEffect

MOST_SHOWN = 100
"""Effects in a page."""

LARGEST_SHOWN = 30_000
"""Bytes of all effects in a page, of which none is over 100 KB."""

LONGEST_NAME, LONGEST_FIELDS = 80, 160
"""Characters of a name, and of the fields before or after an effect."""

GRAVEST_FIRST = (
    EffectKind.REMOVE,
    EffectKind.REMOVE_DEVICE,
    EffectKind.RELEASE_DEVICE,
    EffectKind.CHANGE_DEVICE_POLICY,
    EffectKind.UNLINK,
    EffectKind.YIELD,
    EffectKind.HOLD,
    EffectKind.REFUSE,
    EffectKind.CHANGE,
    EffectKind.ADOPT,
    EffectKind.RESTORE,
    EffectKind.CREATE,
)
"""The kinds in the order in which they are told."""

WITHOUT_CHANGE = (EffectKind.HOLD, EffectKind.REFUSE)

IRREVOCABLE = (
    EffectKind.REMOVE,
    EffectKind.REMOVE_DEVICE,
    EffectKind.RELEASE_DEVICE,
    EffectKind.CHANGE_DEVICE_POLICY,
)
"""The kinds without a way back at the console: an account comes back with its person alone."""

OF_OBJECTS = ("serial", "email")
"""The fields by which a device or an account is known."""

IN_WORDS = frozenset({"role", "own_role"})
"""The fields whose values are words of the program."""


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """An effect in words; ``of`` is the account or the device that it is on.

    ``connection`` is None where the person is of another connection, and has no link.
    """

    kind: EffectKind
    connection: str | None
    identity: str
    person: str
    of: str
    before: str
    after: str
    reason: str

    @property
    def size(self) -> int:
        """Return how many bytes a page has of the effect."""
        texts = self.person, self.of, self.before, self.after, self.reason
        return sum(len(escape(text).encode()) for text in texts)


@dataclass(frozen=True, slots=True)
class Previewed:
    """The number of effects of each kind, the gravest first, and some of them in words."""

    counts: Mapping[EffectKind, int]
    shown: Sequence[ShownEffect]

    @property
    def total(self) -> int:
        """Return how many effects there are."""
        return sum(self.counts.values())

    @property
    def following(self) -> int:
        """Return how many effects come true: held and refused ones change nothing."""
        return self.total - sum(self.counts.get(kind, 0) for kind in WITHOUT_CHANGE)

    @property
    def irrevocable(self) -> int:
        """Return how many effects cannot be taken back at the console."""
        return sum(self.counts.get(kind, 0) for kind in IRREVOCABLE)


@dataclass(slots=True)
class Counting:
    """Effects so far: their number by kind, and the first ones of each."""

    counts: Counter[EffectKind] = field(default_factory=Counter)
    first: dict[EffectKind, list[PlannedEffect]] = field(default_factory=dict)

    async def take(self, effects: AsyncIterable[PlannedEffect]) -> None:
        """Count all effects, and keep the first ones of each kind."""
        async for effect in effects:
            self.counts[effect.effect] += 1
            of_kind = self.first.setdefault(effect.effect, [])
            if len(of_kind) < MOST_SHOWN:
                of_kind.append(effect)

    def chosen(self) -> Sequence[PlannedEffect]:
        """Return as many effects as a page shows: an equal share of each kind, then the rest."""
        kinds = [self.first[kind] for kind in GRAVEST_FIRST if kind in self.first]
        taken = {id(kind): MOST_SHOWN // len(kinds) for kind in kinds}
        left = MOST_SHOWN - sum(min(len(kind), taken[id(kind)]) for kind in kinds)
        for kind in kinds:
            more = min(left, max(0, len(kind) - taken[id(kind)]))
            taken[id(kind)] += more
            left -= more
        return [effect for kind in kinds for effect in kind[: taken[id(kind)]]]


async def previewed(visit: Visit, connection_id: str, counted: Counting) -> Previewed:
    """Return the effects of a change that were counted, with as much in words as a page shows."""
    chosen = counted.chosen()
    ids = {it.identity for it in chosen if it.connection == connection_id}
    people = await people_with_ids(visit.it, visit.actor, connection_id, ids)
    in_the_way = {holder_in(it.before or {}) for it in chosen}
    holders = await names_of_holders(visit.it, {key for key in in_the_way if key is not None})
    shown = (_shown(it, connection_id, people.get(it.identity), holders) for it in chosen)
    counts = {kind: counted.counts[kind] for kind in GRAVEST_FIRST if counted.counts[kind]}
    return Previewed(counts, list(_bounded(shown)))


def _bounded(effects: Iterator[ShownEffect]) -> Iterator[ShownEffect]:
    size = 0
    for effect in effects:
        size += effect.size
        if size > LARGEST_SHOWN:
            return
        yield effect


def _shown(
    effect: PlannedEffect,
    connection: str,
    person: NamedPerson | None,
    holders: Mapping[tuple[str, str], str],
) -> ShownEffect:
    before, after = effect.before or {}, effect.after or {}
    known = {**before, **after} if effect.effect is EffectKind.CREATE else {**after, **before}
    of = next((str(known[name]) for name in OF_OBJECTS if known.get(name)), "")
    is_here = person is not None and effect.connection == connection
    name = person.name if is_here and person is not None else of or effect.identity
    return ShownEffect(
        kind=effect.effect,
        connection=connection if is_here else None,
        identity=effect.identity,
        person=shortened(name, LONGEST_NAME),
        of="" if of == name else shortened(of, LONGEST_NAME),
        before=_before(effect.effect, before, after, holders),
        after=_fields(after, before),
        reason=shortened(effect.reason, LONGEST_NAME),
    )


def _before(
    kind: EffectKind,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    holders: Mapping[tuple[str, str], str],
) -> str:
    """Return the fields before an effect; of a held or refused one, a sentence."""
    match kind:
        case EffectKind.HOLD:
            return told_loss(before)
        case EffectKind.REFUSE:
            holder = holder_in(before)
            return told_refusal(before, holders.get(holder) if holder else None)
        case _:
            return _fields(before, after)


def _fields(side: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return the fields of one side in words, but those that name the object on both sides."""
    told = [
        f"{label(name)}: {_value(name, value)}"
        for name, value in side.items()
        if (value or other.get(name)) and not _is_known(name, side, other)
    ]
    return shortened("; ".join(told), LONGEST_FIELDS)


def _is_known(name: str, side: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether a field is told elsewhere: as the object, or as the role that is in force."""
    if name == "own_role":
        return bool(side.get("role") or other.get("role"))
    return name in OF_OBJECTS and (not other or side.get(name) == other.get(name))


def _value(name: str, value: Any) -> str:
    if not value:
        return "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return label(value) if name in IN_WORDS else str(value)
