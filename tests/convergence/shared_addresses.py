"""Which identities' end is settled by states alone, and which by who came first?

Events carry states, so a worker cannot know of an address that somebody had in between, nor who
was first at an address that several had. docs/decisions/0002 tells what follows from that; here
is its definition, as narrow as it could be made.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import (
    ChangePolicy,
    LeaveAlone,
    RemoveCollaborator,
    RemoveEmployee,
    RemoveUser,
    RemoveUserAndDevices,
    UnassignDevices,
)
from worker.planning.facts import IdentityKey

Address = tuple[str, str]
"""A portal and the comparison key of an e-mail."""


@dataclass(slots=True)
class Claim:
    """An identity wants an address between two moments of the history."""

    key: IdentityKey
    address: Address
    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """What several ends are right for, and what was passed on.

    ``heirs`` had the inherited addresses one after the other. That settles who has them now, but
    not what those left behind who are gone.
    """

    unsettled_identities: frozenset[IdentityKey]
    unsettled_addresses: frozenset[Address]
    inherited: frozenset[Address]
    heirs: frozenset[IdentityKey]

    def without_inherited(self) -> "Shared":
        """Return what is left when addresses that were passed on count as unsettled."""
        return replace(self, unsettled_addresses=self.unsettled_addresses | self.inherited)


NOTHING_SHARED = Shared(frozenset(), frozenset(), frozenset(), frozenset())


def shared_addresses(events: Iterable[IdentityChanged], by_hand: Iterable[Address]) -> Shared:
    """Sort the identities of a history. ``by_hand`` had an account before it began."""
    events = list(events)
    taken = set(by_hand)
    last = {_key(event): event for event in events}
    unsettled_identities: set[IdentityKey] = set()
    unsettled_addresses: set[Address] = set()
    inherited: set[Address] = set()
    heirs: set[IdentityKey] = set()
    for group in _connected(_claims(events)):
        addresses = {claim.address for claim in group}
        people = {claim.key for claim in group}
        if _unsettled(group, taken, last):
            unsettled_identities |= people
            unsettled_addresses |= addresses
        elif len(people) > 1:
            inherited |= addresses
            heirs |= people
    return Shared(
        frozenset(unsettled_identities),
        frozenset(unsettled_addresses),
        frozenset(inherited),
        frozenset(heirs),
    )


def _unsettled(
    group: list[Claim], by_hand: set[Address], last: Mapping[IdentityKey, IdentityChanged]
) -> bool:
    people = {claim.key for claim in group}
    addresses = {claim.address for claim in group}
    moves = len(addresses) > 1
    several = len(people) > 1
    return (
        # An address that was lost for good stays on the account, if anybody saw it.
        any(last[key].profile.email is None for key in people)
        # An account that is there already is met by the first address that matches.
        or (bool(addresses & by_hand) and (moves or several))
        or (several and len({key.connection for key in people}) > 1)
        or _overlap(group)
        or (several and moves and (_leaves_accounts(people, last) or _swap(group)))
    )


def _claims(events: list[IdentityChanged]) -> list[Claim]:
    """Return who wanted which address when; without an address, the one before is kept."""
    claims: list[Claim] = []
    open_claims: dict[IdentityKey, Claim] = {}
    for now, event in enumerate(events):
        key, email = _key(event), event.profile.email
        known = open_claims.get(key)
        if event.deleted or (not event.active and not _keeps_account(event)):
            if known is not None:
                open_claims.pop(key).until = now
            continue
        if not event.ever_active or email is None:
            continue
        if event.profile.waiting_email is not None:  # which the account takes if it has to yield
            waiting = (event.portal, name_key(event.profile.waiting_email))
            claims.append(Claim(key, waiting, now, until=now))
        address = (event.portal, name_key(email))
        if known is None or known.address != address:
            if known is not None:
                known.until = now
            open_claims[key] = Claim(key, address, now)
            claims.append(open_claims[key])
    return claims


def _overlap(group: list[Claim]) -> bool:
    return any(
        one.key != other.key
        and one.address == other.address
        and one.since <= other.since
        and (one.until is None or one.until > other.since)
        for one in group
        for other in group
    )


def _swap(group: list[Claim]) -> bool:
    """Say whether people took over addresses from each other in a circle."""
    successors: dict[IdentityKey, set[IdentityKey]] = defaultdict(set)
    for one in group:
        for other in group:
            if one.key != other.key and one.address == other.address and one.since < other.since:
                successors[one.key].add(other.key)
    return any(key in _reachable(key, successors) for key in list(successors))


def _reachable(
    start: IdentityKey, successors: Mapping[IdentityKey, set[IdentityKey]]
) -> set[IdentityKey]:
    seen: set[IdentityKey] = set()
    ahead = list(successors.get(start, ()))
    while ahead:
        key = ahead.pop()
        if key not in seen:
            seen.add(key)
            ahead.extend(successors.get(key, ()))
    return seen


def _leaves_accounts(people: set[IdentityKey], last: Mapping[IdentityKey, IdentityChanged]) -> bool:
    """Say whether a deletion left an account behind, which is in the way like one made by hand."""
    return any(last[key].deleted and _keeps_account(last[key]) for key in people)


def _connected(claims: list[Claim]) -> Iterator[list[Claim]]:
    """Yield claims that hang together by an identity or an address."""
    rest = list(claims)
    while rest:
        group = [rest.pop()]
        for claim in group:
            near = [it for it in rest if it.key == claim.key or it.address == claim.address]
            group.extend(near)
            rest = [it for it in rest if it not in near]
        yield group


def _keeps_account(event: IdentityChanged) -> bool:
    match event.terms.deactivation:
        case LeaveAlone() | UnassignDevices() | ChangePolicy():
            return True
        case RemoveEmployee() | RemoveCollaborator() | RemoveUser() | RemoveUserAndDevices():
            return False


def _key(event: IdentityChanged) -> IdentityKey:
    return IdentityKey(event.connection, event.identity)
