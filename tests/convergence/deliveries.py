"""How do events arrive? In order, repeated late, or shuffled, repeated and coalesced."""

from collections.abc import Iterator, Sequence
from random import Random

from contracts.identity_changed import IdentityChanged
from tests.convergence.invariants import check_always
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import Outcome


def deliver(world: ToyDownstream, events: Sequence[IdentityChanged]) -> None:
    """Apply events in a row; whoever waits for what they free is planned again after each."""
    for event in events:
        _deliver_one(world, event)


def _deliver_one(world: ToyDownstream, event: IdentityChanged) -> None:
    had_an_admin = world.admins[event.workspace] > 0
    before = len(world.changes.ledger)
    planned = world.apply(event)
    world.replan_due()
    if planned.outcome in {Outcome.STALE, Outcome.DUPLICATE}:
        assert len(world.changes.ledger) == before
    assert not had_an_admin or world.admins[event.workspace] > 0
    check_always(world)


def repeated_late(events: Sequence[IdentityChanged], random: Random) -> list[IdentityChanged]:
    """Return all events in order, with earlier ones again in between."""
    arriving: list[IdentityChanged] = []
    for number, event in enumerate(events, start=1):
        arriving.append(event)
        arriving.extend(random.choices(events[:number], k=random.randrange(3)))
    return arriving


def mixed_up(events: Sequence[IdentityChanged], random: Random) -> list[IdentityChanged]:
    """Return some events, some of them twice, in any order; the newest of each are among them."""
    newest = {(event.connection, event.identity): event for event in events}
    share = random.choice([0.0, 0.3, 0.8])
    arriving = [event for event in events if random.random() < share]
    arriving += [event for event in events if random.random() < share / 3]
    arriving += newest.values()
    random.shuffle(arriving)
    return arriving


def cuts(events: Sequence[IdentityChanged], random: Random) -> Iterator[list[IdentityChanged]]:
    """Cut events into pieces of one to five: batches, or bundles."""
    rest = list(events)
    while rest:
        size = random.randint(1, 5)
        yield rest[:size]
        rest = rest[size:]
