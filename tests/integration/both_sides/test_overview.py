"""Are people counted by SQL as a walk over all of them counts them?"""

from sqlalchemy import insert

from api.admin.actors import COMMAND, Actor, Power
from api.admin.brakes import change_brake
from api.admin.overview import ConnectionOverview, overview_of
from api.admin.requests import REQUESTS
from api.admin.status import status_of
from api.directory.connection_states import Verb
from tests.drivers.administration import stand
from tests.drivers.both_sides import Installation
from worker.sync.mapping import FAILURES

VIEWER = Actor("admin:1", "Acme", Power.VIEW)


async def told(installation: Installation) -> ConnectionOverview:
    [overview] = await overview_of(installation.administration, VIEWER, "Acme")
    return overview


async def fail(installation: Installation, identity: str) -> None:
    """Give the newest event of a person up."""
    ingress = installation.ingress
    failure = {
        "connection": ingress.connection,
        "identity": identity,
        "kind": "exhausted",
        "message": "DBAPIError 40001",
        "first_at": 1,
        "last_at": 2,
        "attempts": 5,
        "version": (await ingress.identity(identity))["version"],
        "correlation_id": "okta-1",
    }
    await installation.by_hand(insert(FAILURES).values(failure))


async def test_people_are_counted_as_in_the_status(installation: Installation) -> None:
    ingress = installation.ingress
    await ingress.user("ada@acme.test")
    await ingress.user("nobody")  # without an e-mail
    await ingress.user("zoe@acme.test", active=False)
    await fail(installation, await ingress.user("eve@acme.test"))
    await installation.deliver()
    installation.seconds_ahead = 60
    await ingress.user("kim@acme.test")
    installation.seconds_ahead = 120
    overview = await told(installation)
    assert (overview.active, overview.inactive, overview.pending) == (4, 1, 1)
    assert (overview.refused, overview.held) == (1, 0)
    assert overview.lag_seconds is not None
    assert 60 <= overview.lag_seconds < 180
    [status] = (await status_of(installation.administration, COMMAND, "Acme")).connections
    counts = status.counts
    assert (overview.pending, overview.refused) == (counts.pending, counts.refused)
    assert (overview.failed, overview.held) == (counts.failed, counts.held)
    assert overview.active + overview.inactive == counts.identities


async def test_a_deleted_person_is_neither_active_nor_inactive(installation: Installation) -> None:
    ingress = installation.ingress
    ada = await ingress.user("ada@acme.test")
    await installation.deliver()
    await ingress.send("DELETE", f"/Users/{ada}")
    await installation.deliver()
    overview = await told(installation)
    assert (overview.active, overview.inactive, overview.pending) == (0, 0, 0)


async def test_whoever_waits_for_a_paused_connection_is_held(installation: Installation) -> None:
    ingress = installation.ingress
    await stand(ingress.database, ingress.connection, Verb.PAUSE)
    await ingress.user("ada@acme.test")
    overview = await told(installation)
    assert (overview.pending, overview.held, overview.lag_seconds) == (0, 1, None)
    await stand(ingress.database, ingress.connection, Verb.RESUME)
    overview = await told(installation)
    assert (overview.pending, overview.held) == (1, 0)


async def test_whoever_the_brake_holds_is_held_and_not_pending(installation: Installation) -> None:
    ingress = installation.ingress
    leavers = [await ingress.user(f"{number}@acme.test") for number in range(2)]
    await installation.deliver()
    await change_brake(installation.administration, COMMAND, ingress.connection, "1:0")
    for leaver in leavers:
        leave = {"op": "replace", "path": "active", "value": False}
        await ingress.patch(f"/Users/{leaver}", leave)
    await installation.deliver()
    overview = await told(installation)
    [status] = (await status_of(installation.administration, COMMAND, "Acme")).connections
    assert (overview.held, overview.pending) == (1, 0)
    assert (status.counts.held, status.counts.pending) == (1, 0)


async def test_what_is_published_is_pending_until_it_is_applied(installation: Installation) -> None:
    ingress = installation.ingress
    settled = await ingress.user("ada@acme.test")
    await ingress.user("ben@acme.test")
    await installation.deliver()
    installation.seconds_ahead = 600
    await ingress.user("kim@acme.test")
    await ingress.patch(f"/Users/{settled}", {"op": "replace", "path": "active", "value": False})
    await installation.deliver(lost=True)
    await ingress.user("zoe@acme.test")
    installation.seconds_ahead = 700
    overview = await told(installation)
    [status] = (await status_of(installation.administration, COMMAND, "Acme")).connections
    assert (overview.pending, status.counts.pending) == (3, 3)
    assert overview.lag_seconds is not None
    await installation.fix()
    await installation.deliver()
    overview = await told(installation)
    assert (overview.pending, overview.lag_seconds) == (0, None)


async def test_whoever_was_given_up_is_failed_and_not_pending(installation: Installation) -> None:
    ingress = installation.ingress
    given_up = [await ingress.user("ada@acme.test")]
    await installation.deliver()
    given_up.append(await ingress.user("never@acme.test"))
    await ingress.patch(f"/Users/{given_up[0]}", {"op": "replace", "path": "title", "value": "Dr."})
    await installation.deliver(lost=True)
    for identity in given_up:
        await fail(installation, identity)
    overview = await told(installation)
    assert (overview.pending, overview.failed) == (0, 2)


async def test_an_empty_workspace_has_no_connections(installation: Installation) -> None:
    await installation.inventory.workspaces.ensure_workspace("Empty")
    assert await overview_of(installation.administration, COMMAND, "Empty") == []


async def test_the_last_call_is_that_of_the_log_or_else_the_last_use_of_a_token(
    installation: Installation,
) -> None:
    ingress = installation.ingress
    assert (await told(installation)).last_call is None
    async with ingress.database.write() as db:
        for at, status in ((5, 200), (9, 401)):
            row = {
                "connection_id": ingress.connection,
                "at": at,
                "method": "GET",
                "path": "/Users",
                "status": status,
                "micros": 1,
                "correlation_id": "okta-1",
            }
            await db.execute(insert(REQUESTS).values(row))
    call = (await told(installation)).last_call
    assert call is not None
    assert (call.at, call.status, call.was_refused) == (9, 401, True)
