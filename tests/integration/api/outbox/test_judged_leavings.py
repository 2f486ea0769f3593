"""How many leavings pass the brake? As many as it allows, for any number of relays and kills."""

import asyncio
import gc
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.admin.actors import COMMAND
from api.admin.brakes import change_brake
from api.admin.connections import create_connection
from api.directory.administration_tables import Brake, BrakeRelease
from api.directory.brake_limits import WINDOW
from api.directory.closing import PUBLISHED
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_changes import ReleasedAttributes, after_deletion, after_update
from api.directory.leavings import Leaving
from api.directory.tables import Connection, Identity
from api.outbox import settling
from api.outbox.batches import LEASE, Batches
from api.outbox.judge_leavings import judge_leavings
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import lease
from api.outbox.marks import load_state, save_change
from api.outbox.parcels import LARGEST_EVENT
from contracts.identity_changed import IdentityChanged, Trace, decode
from contracts.rules import RemoveEmployee, Rules
from contracts.topology import Lane
from tests.drivers.administration import administration_on
from tests.drivers.examples import examples
from tests.drivers.in_process import RULES, opened_directory
from tests.integration.api.outbox.marks import NOW, SECOND, mark
from tests.readings.statements import asked_of

GROUPS = ("Weavers",)
TRACE = Trace(correlation_id="leaves")
URGENT = MarkSelection(Lane.URGENT)


@dataclass(slots=True)
class World:
    """A connection with people, all published, and what relays tell of them from then on."""

    directory: DirectoryDatabase
    connection: str
    now: int = NOW
    told: list[IdentityChanged] = field(default_factory=list)

    def clock(self) -> int:
        return self.now

    @property
    def gone(self) -> set[str]:
        """Return the people of whom an event has told that they have left."""
        return {it.identity for it in self.told if not it.active}

    async def leave(self, *ids: str, deleted: bool = False) -> None:
        """Let people leave one after another, as a bulk request does."""
        async with self.directory.write() as db:
            for id_ in ids:
                self.now += 1
                await self._save(db, id_, active=False, deleted=deleted)

    async def change(self, id_: str, *, active: bool) -> None:
        async with self.directory.write() as db:
            await self._save(db, id_, active=active)

    async def _save(
        self, db: AsyncConnection, id_: str, *, active: bool, deleted: bool = False
    ) -> None:
        state = await load_state(db, self.connection, id_)
        assert state is not None
        sent = ReleasedAttributes(active, state.profile)
        change = (
            after_deletion(state, GROUPS, RemoveEmployee(), self.now)
            if deleted
            else after_update(state, sent, RemoveEmployee(), self.now, GROUPS)
        )
        assert change is not None
        await save_change(db, self.connection, id_, change, TRACE, self.now)

    async def relay(self, most: int = 50, *, selection: MarkSelection = URGENT) -> None:
        """Publish whatever is ready, and clear it."""
        batches = Batches(self.directory, self.clock, LARGEST_EVENT)
        while events := (await batches.next(selection, most)).events:
            self.told += [decode(it.body).data for it in events]
            async with self.directory.write() as db:
                await settling.clear(db, [it.mark for it in events], self.now)

    async def rows(self) -> dict[str, Identity]:
        async with self.directory.read() as db:
            table = Identity.__table__  # type: ignore[attr-defined]
            of_connection = select(table).where(table.c.connection_id == self.connection)
            found = (await db.execute(of_connection)).mappings()
            return {row["id"]: Identity.model_construct(**row) for row in found}

    async def tripped_at(self) -> int | None:
        async with self.directory.read() as db:
            of_connection = col(Brake.connection_id) == self.connection
            found: int | None = await db.scalar(select(col(Brake.tripped_at)).where(of_connection))
            return found


async def world_on(
    directory: DirectoryDatabase, brake: str, people: int, name: str = "acme", rules: Rules = RULES
) -> World:
    """Switch SCIM on with a brake, and let people join."""
    connection = (await create_connection(directory, name, rules, NOW, brake=brake)).id
    await mark(directory, connection, names(people), NOW - people)
    async with directory.write() as db:
        settled = {"dirty_lane": None, "dirty_since": None, "published_version": Identity.version}
        of_connection = update(Identity).where(col(Identity.connection_id) == connection)
        await db.execute(of_connection.values(settled))
    return World(directory, connection)


def names(people: int) -> Sequence[str]:
    return [f"person-{number:03}" for number in range(people)]


# --- what passes ------------------------------------------------------------------------------


async def test_the_first_pass_and_the_others_are_shown_as_before(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "3:0", 6)
    await world.leave(*names(5))
    await world.relay()
    assert world.gone == set(names(3))
    held = [it for it in world.told if it.active]
    assert {it.identity for it in held} == set(names(5)[3:])
    for it in held:
        assert (it.groups, it.terms.deactivated_at, it.terms.deactivation.do) == (
            GROUPS,
            0,
            "nothing",
        )
    rows = await world.rows()
    assert {id_: row.leaving for id_, row in rows.items()} == {
        **dict.fromkeys(names(3)),
        **dict.fromkeys(names(5)[3:], Leaving.HELD),
        "person-005": None,
    }
    assert rows["person-003"].held_since == world.now
    assert rows["person-003"].published_version == rows["person-003"].version
    assert await world.tripped_at() == world.now


async def test_a_share_counts_the_people_from_before_the_leavings(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "0:50", 10)
    for id_ in names(8):
        await world.leave(id_)
        await world.relay()
    assert world.gone == set(names(5))


async def test_joiners_and_others_go_on_while_a_brake_is_tripped(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "1:0", 3)
    other = await world_on(directory, "1:0", 1, "other")
    await world.leave(*names(3))
    await other.leave("person-000")
    await mark(directory, world.connection, ["joiner"], world.now)
    await world.relay()
    assert {(it.connection, it.identity) for it in world.told if not it.active} == {
        (world.connection, "person-000"),
        (other.connection, "person-000"),
    }
    batch = await Batches(directory, world.clock, LARGEST_EVENT).next(MarkSelection(Lane.BULK), 10)
    assert [it.mark.identity_id for it in batch.events] == ["joiner"]


async def test_a_deletion_is_held_as_a_deactivation_is(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "0:0", 2)
    await world.leave("person-000", deleted=True)
    await world.leave("person-001")
    await world.relay()
    await world.leave("person-001", deleted=True)
    await world.relay()
    assert world.gone == set()
    assert not any(it.deleted for it in world.told)
    assert {row.leaving for row in (await world.rows()).values()} == {Leaving.HELD}


@pytest.mark.parametrize("reason", ["off", "closing"])
async def test_a_connection_without_a_brake_lets_everybody_pass(
    directory: DirectoryDatabase, reason: str
) -> None:
    world = await world_on(directory, "off" if reason == "off" else "0:0", 3)
    if reason == "closing":
        async with directory.write() as db:
            this = update(Connection).where(col(Connection.id) == world.connection)
            closing = {"state": "closing", "closing_people": min(PUBLISHED)}
            await db.execute(this.values(closing))
    await world.leave(*names(3))
    await world.relay()
    assert world.gone == set(names(3))
    assert {(it.leaving, it.earlier_leaving) for it in (await world.rows()).values()} == {
        (None, None)
    }


async def test_what_a_version_before_has_published_is_not_judged(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "0:0", 1)
    await world.leave("person-000")
    async with directory.write() as db:
        published = update(Identity).where(col(Identity.connection_id) == world.connection)
        await db.execute(published.values(published_version=Identity.version))
    await world.relay()
    assert world.gone == {"person-000"}


# --- people of whom nothing was ever told --------------------------------------------------------


@pytest.mark.parametrize("deleted", [False, True])
async def test_whoever_leaves_before_the_first_publication_is_judged_and_held_without_an_account(
    directory: DirectoryDatabase, deleted: bool
) -> None:
    """An account from before may have the address, so that even such a leaving is a loss."""
    world = await world_on(directory, "1:0", 1)
    await mark(directory, world.connection, ["new-1", "new-2"], world.now)
    await world.leave("new-1", "new-2", deleted=deleted)
    await world.relay()
    told = {it.identity: it for it in world.told}
    passed, held = told["new-1"], told["new-2"]
    assert (passed.active, passed.ever_active, passed.terms.deactivation.do) == (
        *(False, True),
        "remove-employee",
    )
    assert (held.active, held.ever_active, held.deleted, held.terms.deactivated_at) == (
        *(False, False, False),
        0,
    )
    rows = await world.rows()
    assert (rows["new-1"].leaving, rows["new-2"].leaving) == (None, Leaving.HELD)


async def test_whoever_was_held_without_an_account_and_returns_has_joined(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "0:0", 1)
    await mark(directory, world.connection, ["new-1"], world.now)
    await world.leave("new-1")
    await world.relay()
    await world.change("new-1", active=True)
    await world.relay()
    newest = world.told[-1]
    assert (newest.active, newest.ever_active, newest.terms.deactivated_at) == (True, True, 0)


# --- time -------------------------------------------------------------------------------------


async def test_a_brake_that_has_not_tripped_counts_the_last_hour_only(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "2:0", 6)
    await world.leave(*names(2))
    await world.relay()
    world.now += WINDOW
    await world.leave(*names(4)[2:])
    await world.relay()
    assert world.gone == set(names(4))
    async with directory.read() as db:
        counted = await db.scalars(select(col(BrakeRelease.identity)))
    assert set(counted) == set(names(4)[2:]), "what counts no more is forgotten"


async def test_a_clock_that_is_set_back_resets_no_brake(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "2:0", 6)
    set_back = WINDOW + 100 * SECOND
    for some in (names(2), names(4)[2:], names(6)[4:]):
        await world.leave(*some)
        await world.relay()
        world.now -= set_back
    assert world.gone == set(names(2))
    assert {id_ for id_, row in (await world.rows()).items() if row.held_since} == set(names(6)[2:])


async def test_a_clock_that_was_far_ahead_blocks_a_brake_for_an_hour(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "2:0", 6)
    world.now += 1_000 * WINDOW
    await world.leave("person-000")
    await world.relay()
    world.now -= 1_000 * WINDOW
    await world.leave("person-001")
    await world.relay()
    world.now += WINDOW
    await world.leave("person-002", "person-003")
    await world.relay()
    assert world.gone == set(names(4))


async def test_nothing_passes_a_tripped_brake_after_any_time(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "2:0", 6)
    await world.leave(*names(3))
    await world.relay()
    world.now += 100 * WINDOW
    await world.leave("person-005")
    await world.relay()
    assert world.gone == set(names(2))


async def test_a_new_limit_resets_a_brake_and_counts_the_hour(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "2:0", 8)
    await world.leave(*names(3))
    await world.relay()
    it = administration_on(directory, clock=world.clock)
    await change_brake(it, COMMAND, world.connection, "4:0")
    assert await world.tripped_at() is None
    await world.leave(*names(8)[3:])
    await world.relay()
    assert world.gone == {*names(2), *names(5)[3:]}


# --- who returns ------------------------------------------------------------------------------


async def test_who_returns_from_a_hold_has_never_left(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "0:0", 1)
    await world.leave("person-000")
    await world.relay()
    world.now += SECOND
    await world.change("person-000", active=True)
    await world.relay()
    assert [(it.active, it.terms.deactivated_at) for it in world.told] == [(True, 0), (True, 0)]
    assert (await world.rows())["person-000"].leaving is None


@pytest.mark.parametrize("passes", [True, False])
async def test_who_has_left_and_returned_is_judged_once_and_never_held(
    directory: DirectoryDatabase, passes: bool
) -> None:
    world = await world_on(directory, "1:0" if passes else "0:0", 1)
    await world.leave("person-000")
    left_at = world.now
    world.now += SECOND
    await world.change("person-000", active=True)
    await world.relay()
    [told] = world.told
    assert (told.active, told.terms.deactivated_at) == (True, left_at if passes else 0)
    row = (await world.rows())["person-000"]
    assert (row.leaving, row.deactivated_at) == (None, left_at if passes else 0)


async def test_a_newer_version_between_lease_and_judgement_is_left_to_its_own_mark(
    directory: DirectoryDatabase,
) -> None:
    world = await world_on(directory, "1:0", 1)
    await world.leave("person-000")
    async with directory.write() as db:
        leased = await lease(db, URGENT, 10, world.now + LEASE)
    world.now += SECOND
    await world.change("person-000", active=True)
    assert (await judge_leavings(directory, leased, world.now)).marks == []
    await world.relay()
    assert [it.active for it in world.told] == [True]


# --- costs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("brake", "more"), [("off", 0), ("50:10", 6)])
async def test_leavings_of_a_batch_are_judged_by_the_same_statements_whatever_their_number(
    directory: DirectoryDatabase, brake: str, more: int
) -> None:
    numbers = []
    for people in (1, 40):
        world = await world_on(directory, brake, people, f"of {people}")
        batches = Batches(directory, world.clock, LARGEST_EVENT)
        await batches.make_due_ready()
        await world.leave(*names(people))
        with asked_of(directory) as asked:
            assert len((await batches.next(URGENT, 50)).events) == people
        numbers.append(len([it for it in asked.statements if not it.startswith("COMMIT")]))
    assert numbers == [1 + more, 1 + more]


# --- any interleaving ---------------------------------------------------------------------------

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("leave"), st.integers(1, 6)),
        st.tuples(
            st.just("relays"),
            st.lists(
                st.tuples(st.integers(1, 5), st.none() | st.integers(0, 60)),
                min_size=1,
                max_size=3,
            ),
        ),
    ),
    min_size=1,
    max_size=8,
)
"""People leave, and relays run at once: with the size of their batches, and with the number of
times that the loop goes round before they are killed, if they are."""

Try = Callable[[str, int, list[object]], None]

without_farewell = pytest.mark.filterwarnings("ignore::ResourceWarning")
"""The system closes the lines of a process that is killed; those of a cancelled task that has just
opened them are closed by the garbage collector, which warns of it."""


@without_farewell
@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(number=st.integers(0, 12), share=st.sampled_from([0, 10, 50]), steps=STEPS)
def test_exactly_the_threshold_passes_for_any_relays_and_kills(
    attempt: Try, number: int, share: int, steps: list[object]
) -> None:
    attempt(f"{number}:{share}", max(number, PEOPLE * share // 100), steps)


PEOPLE = 24


@pytest.fixture
def attempt(directory_url: str) -> Iterator[Try]:
    """Give what plays a story in a connection of its own."""
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        directory = runner.run(opened.__aenter__())

        def run(brake: str, threshold: int, steps: list[object]) -> None:
            runner.run(_play(directory, brake, threshold, steps))

        yield run
        runner.run(opened.__aexit__(None, None, None))
        gc.collect()


async def _play(
    directory: DirectoryDatabase, brake: str, threshold: int, steps: list[object]
) -> None:
    world = await world_on(directory, brake, PEOPLE)
    waiting = list(names(PEOPLE))
    for step in steps:
        match step:
            case ("leave", int(number)):
                some, waiting = waiting[:number], waiting[number:]
                await world.leave(*some)
            case ("relays", list(relays)):
                await asyncio.gather(*(until_killed(world.relay(most), at) for most, at in relays))
                world.now += 2 * LEASE  # what a killed one has leased is ready again
            case _:
                raise AssertionError(step)
    await asyncio.gather(*(world.relay(most) for most in (3, 7)))
    wanted = PEOPLE - len(waiting)
    assert len(world.gone) == min(threshold, wanted)
    rows = await world.rows()
    held = {id_ for id_, row in rows.items() if row.leaving == Leaving.HELD}
    assert held == set(names(PEOPLE)) - set(waiting) - world.gone
    assert not any(row.leaving == Leaving.UNJUDGED for row in rows.values())
    assert all(row.published_version == row.version for row in rows.values())
    told = defaultdict(set)
    for event in world.told:
        told[event.identity, event.version].add(event)
    assert all(len(events) == 1 for events in told.values()), "a version tells one state"


async def until_killed(relay: Awaitable[None], rounds: int | None) -> None:
    running = asyncio.ensure_future(relay)
    if rounds is not None:
        for _ in range(rounds):
            await asyncio.sleep(0)
        running.cancel()
    await asyncio.gather(running, return_exceptions=rounds is not None)
