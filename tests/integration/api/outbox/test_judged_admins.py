"""How many Admins lose the role? As many as the brake allows, whatever gave it, over any kills."""

import asyncio
import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.admin.connections import create_connection
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_changes import ReleasedAttributes, after_update
from api.directory.leavings import Leaving
from api.directory.tables import Identity
from api.outbox.batches import LEASE, Batches
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import BY_RULE
from api.outbox.marks import load_state, save_change
from api.outbox.parcels import LARGEST_EVENT
from contracts.identity_changed import DashboardTerms, IdentityChanged
from contracts.rules import CreateCollaborator, DashboardRules, RemoveCollaborator, Role, RoleLine
from contracts.topology import Lane
from tests.drivers.examples import examples
from tests.drivers.in_process import opened_directory
from tests.integration.api.outbox.marks import NOW, mark
from tests.integration.api.outbox.test_judged_leavings import (
    TRACE,
    World,
    names,
    until_killed,
    without_farewell,
    world_on,
)
from tests.readings.statements import asked_of

BULK = MarkSelection(Lane.BULK)
OWNERS, GUESTS = "Owners", "Guests"
MAPPING = (RoleLine(name=OWNERS, role=Role.ADMIN), RoleLine(name=GUESTS, role=Role.VIEWER))


def rules(made: Role, *lines: RoleLine) -> DashboardRules:
    return DashboardRules(
        on_create=CreateCollaborator(role=made), on_deactivate=RemoveCollaborator(), role_map=lines
    )


ADMINS = rules(Role.ADMIN, *MAPPING)


async def push(world: World, roles: Sequence[str], *ids: str, active: bool = True) -> None:
    """Push people with these SCIM roles, which are mapped as groups are, by a bulk request."""
    async with world.directory.write() as db:
        for id_ in ids:
            world.now += 1
            state = await load_state(db, world.connection, id_)
            assert state is not None
            sent = ReleasedAttributes(active, state.profile, tuple(roles))
            change = after_update(state, sent, RemoveCollaborator(), world.now, ())
            assert change is not None
            await save_change(db, world.connection, id_, change, TRACE, world.now)


async def published_admins(
    directory: DirectoryDatabase, brake: str, people: int, owners: int, name: str = "acme"
) -> World:
    """Publish people as Admins: some by a name, and the others by the rule."""
    world = World(
        directory, (await create_connection(directory, name, ADMINS, NOW, brake=brake)).id
    )
    everybody, since = names(people), NOW - people
    await mark(directory, world.connection, everybody[:owners], since, [OWNERS])
    await mark(directory, world.connection, everybody[owners:], since + owners, ["Staff"])
    await world.relay(selection=BULK)
    assert {is_admin(it) for it in world.told} == {True}
    world.told.clear()
    return world


def is_admin(event: IdentityChanged) -> bool:
    terms = event.terms
    assert isinstance(terms, DashboardTerms)
    assert isinstance(terms.on_create, CreateCollaborator)
    by_lines = Role.highest(line.role for line in terms.role_lines)
    return (by_lines or terms.on_create.role) is Role.ADMIN


def lines_of(rows: Mapping[str, Identity]) -> dict[str, str | None]:
    return {id_: row.admin_line for id_, row in rows.items()}


# --- what gives the role ------------------------------------------------------------------------


async def test_the_giver_is_known_from_the_first_publication_on(
    directory: DirectoryDatabase,
) -> None:
    world = await published_admins(directory, "9:0", 3, 1)
    assert lines_of(await world.rows()) == {
        "person-000": OWNERS,
        "person-001": BY_RULE,
        "person-002": BY_RULE,
    }
    await push(world, [OWNERS], "person-001")
    await push(world, ["Staff"], "person-000")
    await push(world, [GUESTS], "person-002")
    await world.relay(selection=BULK)
    assert lines_of(await world.rows()) == {
        "person-000": BY_RULE,
        "person-001": OWNERS,
        "person-002": None,
    }


async def test_whoever_was_never_an_admin_loses_nothing(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "0:0", 2, "acme", ADMINS)
    await push(world, [GUESTS], *names(2))
    await world.relay(selection=BULK)
    assert {is_admin(it) for it in world.told} == {False}
    assert lines_of(await world.rows()) == dict.fromkeys(names(2))


async def test_the_rule_gives_no_role_to_whoever_has_left(directory: DirectoryDatabase) -> None:
    world = await world_on(directory, "off", 1, "acme", ADMINS)
    await push(world, ["Staff"], "person-000", active=False)
    await world.relay()
    assert [it.active for it in world.told] == [False]
    assert lines_of(await world.rows()) == {"person-000": None}


# --- costs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "roles", "more"),
    [(Role.VIEWER, ["Staff"], 0), (Role.ADMIN, [GUESTS], 0), (Role.ADMIN, ["Staff"], 2)],
)
async def test_a_batch_takes_two_statements_more_once_if_the_rule_makes_admins_in_it(
    directory: DirectoryDatabase, made: Role, roles: list[str], more: int
) -> None:
    numbers = []
    for people in (1, 40):
        of_connection = f"of {people}", rules(made, *MAPPING)
        world = await world_on(directory, "50:10", people, *of_connection)
        batches = Batches(directory, world.clock, LARGEST_EVENT)
        await batches.make_due_ready()
        for again in ("once", "twice"):
            await push(world, [*roles, again], *names(people))
            with asked_of(directory) as asked:
                assert len((await batches.next(BULK, 50)).events) == people
            numbers.append(len([it for it in asked.statements if not it.startswith("COMMIT")]))
    assert numbers == [1 + more, 1, 1 + more, 1]


# --- any interleaving ---------------------------------------------------------------------------

PEOPLE = 12

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("lower"), st.integers(1, 6)),
        st.tuples(st.just("again"), st.just(0)),
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
"""People get a lower name, or the others another version, and relays run at once: with the size
of their batches, and the number of times that the loop goes round before they are killed."""

Try = Callable[[int, int, list[object]], None]


@without_farewell
@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(number=st.integers(0, 8), owners=st.integers(0, PEOPLE), steps=STEPS)
def test_exactly_the_threshold_loses_the_role_for_any_relays_and_kills(
    attempt: Try, number: int, owners: int, steps: list[object]
) -> None:
    attempt(number, owners, steps)


@pytest.fixture
def attempt(directory_url: str) -> Iterator[Try]:
    """Give what plays a story in a connection of its own."""
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        directory = runner.run(opened.__aenter__())

        def run(number: int, owners: int, steps: list[object]) -> None:
            runner.run(_play(directory, number, owners, steps))

        yield run
        runner.run(opened.__aexit__(None, None, None))
        gc.collect()


async def _play(
    directory: DirectoryDatabase, number: int, owners: int, steps: list[object]
) -> None:
    world = await published_admins(directory, f"{number}:0", PEOPLE, owners)
    everybody, waiting = names(PEOPLE), list(names(PEOPLE))
    for step in steps:
        match step:
            case ("lower", int(some)):
                lowered, waiting = waiting[:some], waiting[some:]
                await push(world, [GUESTS], *lowered)
            case ("again", _):
                await push(world, [f"Staff of {world.now}"], *waiting)
            case ("relays", list(relays)):
                running = (world.relay(most, selection=BULK) for most, _ in relays)
                rounds = (at for _, at in relays)
                await asyncio.gather(*map(until_killed, running, rounds))
                world.now += 2 * LEASE  # what a killed one has leased is ready again
            case _:
                raise AssertionError(step)
    await asyncio.gather(*(world.relay(most, selection=BULK) for most in (3, 7)))
    wanted = set(everybody) - set(waiting)
    lost = {it.identity for it in world.told if not is_admin(it)}
    assert lost <= wanted
    assert len(lost) == min(number, len(wanted))
    rows = await world.rows()
    assert {id_ for id_, it in rows.items() if it.admin_hold == Leaving.HELD} == wanted - lost
    assert {id_ for id_, line in lines_of(rows).items() if line is None} == lost
    assert all(row.published_version == row.version for row in rows.values())
    told = defaultdict(set)
    for event in world.told:
        told[event.identity, event.version].add(event)
    assert all(len(events) == 1 for events in told.values()), "a version tells one state"
