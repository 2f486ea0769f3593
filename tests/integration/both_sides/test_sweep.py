"""Does the sweep mark what is lost, and never what is on its way or explained?"""

from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from api.directory.tables import Identity
from api.outbox.relay import Relay
from api.reconciliation.sweep import Sweep
from api.reconciliation.verdicts import Verdict
from contracts.topology import Lane
from contracts.transport import Backlog
from deploy.databases.engines import open_engines
from tests.drivers.both_sides import Installation
from tests.readings.samples import samples
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.mapping import RECORDS
from worker.sync.states import StoredSyncStates

LONGEST_RETRY = 900.0
LATER = LONGEST_RETRY + 1
DAY = 86_400.0


async def at_once(_seconds: float) -> None:
    """Wait for nothing."""


def sweep_of(installation: Installation, seconds_ahead: float = LATER) -> Sweep:
    """Return a sweep, and let so many seconds pass."""
    installation.seconds_ahead = seconds_ahead
    return Sweep(
        installation.ingress.database,
        installation.states,
        installation.courier,
        installation.metrics,
        every_seconds=600,
        longest_retry_seconds=LONGEST_RETRY,
        sleep=at_once,
        clock=installation.clock,
    )


@pytest.fixture
async def lost(installation: Installation) -> str:
    """Give an identity whose event was published and never arrived."""
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver(lost=True)
    return ada


async def test_what_is_lost_is_marked_and_arrives(installation: Installation, lost: str) -> None:
    assert await sweep_of(installation).sweep() == 1
    assert await installation.ingress.marked() == {lost}
    await installation.deliver()
    assert [account.email for account in await installation.accounts()] == ["ada@acme.test"]
    assert samples(installation.registry, "muster_sweep_marks_total") == {(): 1}
    assert samples(installation.registry, "muster_last_sweep_timestamp_seconds")


async def test_who_cannot_be_published_is_left_alone_by_the_sweep_and_tried_by_a_repair(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    relay = Relay(
        installation.ingress.database, installation.courier, installation.metrics, largest_event=10
    )
    await relay.move(Lane.BULK)
    assert await sweep_of(installation).sweep() == 0
    [finding] = (await installation.compare()).findings
    assert (finding.identity, finding.verdict) == (ada, Verdict.FAILED)
    assert await installation.fix() == 1
    apart = Relay(installation.ingress.database, installation.courier, installation.metrics)
    assert await apart.move_suspects() == 1
    assert (await installation.compare()).findings == []


@pytest.mark.usefixtures("lost")
async def test_what_may_wait_for_a_retry_is_left_alone(installation: Installation) -> None:
    assert await sweep_of(installation, LATER - 60).sweep() == 0
    assert await installation.ingress.marked() == set()


async def test_what_got_lost_while_a_clock_was_a_day_ahead_is_marked(
    installation: Installation,
) -> None:
    installation.seconds_ahead = DAY
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver(lost=True)
    async with installation.ingress.database.write() as db:
        await db.execute(update(Identity).values(version=installation.clock()))
    assert await sweep_of(installation, seconds_ahead=0).sweep() == 1
    assert await installation.ingress.marked() == {ada}
    await installation.deliver()
    assert (await installation.compare()).counts == {Verdict.IN_STEP: 1}


async def test_what_a_clock_that_merely_differs_has_published_may_be_on_its_way(
    installation: Installation,
) -> None:
    installation.seconds_ahead = 30
    await installation.ingress.user("ada@acme.test")
    await installation.deliver(lost=True)
    assert await sweep_of(installation, seconds_ahead=0).sweep() == 0


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize(
    "backlog",
    [
        None,
        Backlog({Lane.URGENT: 1, Lane.BULK: 0}),
        Backlog({Lane.URGENT: 0, Lane.BULK: 1}),
        Backlog({Lane.URGENT: 0, Lane.BULK: 0}, delayed=1),
    ],
)
async def test_nothing_is_marked_while_something_may_wait_on_the_broker(
    installation: Installation, backlog: Backlog | None
) -> None:
    installation.courier.backlog = backlog
    assert await sweep_of(installation).sweep() == 0
    assert await installation.ingress.marked() == set()


@pytest.mark.usefixtures("lost")
async def test_dead_letters_do_not_keep_it_from_its_work(installation: Installation) -> None:
    installation.courier.backlog = Backlog(dict.fromkeys(Lane, 0), dead_letters=7)
    assert await sweep_of(installation).sweep() == 1


async def test_what_arrives_between_its_two_looks_is_left_alone(
    installation: Installation, lost: str
) -> None:
    async def it_arrives(_seconds: float) -> None:
        applied = {
            "connection": installation.ingress.connection,
            "identity": lost,
            "workspace": "Acme",
            "portal": "store",
            "applied_version": version,
            "deactivated_at": 0,
            "deleted": False,
            "correlation_id": "",
        }
        await installation.by_hand(insert(RECORDS).values(applied))

    version = (await installation.ingress.identity(lost))["version"]
    assert await replace(sweep_of(installation), sleep=it_arrives).sweep() == 0
    assert await installation.ingress.marked() == set()


async def test_what_failed_or_is_refused_is_explained(installation: Installation) -> None:
    for name in ("ada", "namesake"):
        await installation.ingress.user(name, emails=[{"value": "ada@acme.test"}])
    await installation.deliver()
    assert await sweep_of(installation).sweep() == 0


async def test_of_several_processes_one_sweeps_when_it_is_due(installation: Installation) -> None:
    first, second = sweep_of(installation, 0), sweep_of(installation, 0)
    assert not await first.is_due(), "what starts up has other things to do"
    assert not await second.is_due()
    installation.seconds_ahead = 601
    assert [await first.is_due(), await second.is_due()] == [True, False]


async def test_one_that_was_claimed_while_a_clock_was_ahead_is_due_all_the_same(
    installation: Installation,
) -> None:
    sweep = sweep_of(installation, 0)
    await sweep.is_due()
    installation.seconds_ahead = 7200
    assert await sweep.is_due()
    installation.seconds_ahead = 0
    assert [await sweep.is_due(), await sweep.is_due()] == [True, False]


@pytest.mark.usefixtures("lost")
async def test_it_goes_on_after_downstream_was_away(installation: Installation) -> None:
    away = DownstreamDatabase(*open_engines("postgresql://nobody@127.0.0.1:1/nothing"))
    sweep = sweep_of(installation)
    with pytest.raises(OSError):  # noqa: PT011 - which one is the driver's business
        await replace(sweep, states=StoredSyncStates(away)).sweep()
    await away.writing.dispose()
    assert await sweep.sweep() == 1
