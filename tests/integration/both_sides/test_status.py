"""Are people counted by workspace and connection, with lag, refusals and failures?"""

import pytest
from sqlalchemy import insert

from api.admin.actors import COMMAND, Actor, Power
from api.admin.status import Status, status_of
from api.directory.connection_states import Verb
from api.errors import UnknownWorkspace
from tests.drivers.administration import stand
from tests.drivers.both_sides import Installation
from tests.drivers.in_process import Ingress
from worker.sync.mapping import FAILURES

VIEWER = Actor("admin:1", "Acme", Power.VIEW)


async def told(
    installation: Installation, actor: Actor = COMMAND, workspace: str | None = None
) -> Status:
    return await status_of(installation.administration, actor, workspace)


async def two_workspaces(installation: Installation) -> Ingress:
    """Let people arrive, wait, be refused, and fail, in one of two workspaces."""
    ingress = installation.ingress
    other = await ingress.neighbour()
    await ingress.user("ada@acme.test")
    await ingress.user("nobody")  # without an e-mail
    failed = await ingress.user("eve@acme.test")
    await other.user("ben@other.test")
    await installation.deliver()
    version = (await ingress.identity(failed))["version"]
    failure = {
        "connection": ingress.connection,
        "identity": failed,
        "kind": "exhausted",
        "message": "DBAPIError 40001",
        "first_at": 1,
        "last_at": 2,
        "attempts": 5,
        "version": version + 1,
        "correlation_id": "okta-1",
    }
    await installation.by_hand(insert(FAILURES).values(failure))
    await stand(ingress.database, other.connection, Verb.PAUSE)
    await other.user("zoe@other.test")
    installation.seconds_ahead = 60
    await ingress.user("kim@acme.test")
    installation.seconds_ahead = 120
    return other


async def test_people_are_counted_by_workspace_and_by_connection(
    installation: Installation,
) -> None:
    other = await two_workspaces(installation)
    status = await told(installation)
    acme, neighbour = status.connections
    assert (acme.connection, acme.workspace, acme.state) == ("acme-store", "Acme", "live")
    assert (neighbour.connection, neighbour.state) == (other.connection, "paused")
    counts = acme.counts
    assert (counts.identities, counts.pending, counts.applied) == (4, 1, 1)
    assert (counts.refused, counts.failed) == (1, 1)
    assert (counts.refusals, counts.failures) == ({"no_email": 1}, {"exhausted": 1})
    assert counts.oldest_pending_seconds >= 60
    assert (neighbour.counts.held, neighbour.counts.applied) == (1, 1)
    assert neighbour.counts.oldest_pending_seconds == 0
    assert [(it.workspace, it.connections) for it in status.workspaces] == [
        ("Acme", 1),
        ("Neighbour", 1),
    ]
    assert [it.counts for it in status.workspaces] == [acme.counts, neighbour.counts]
    whole = status.whole.counts()
    assert (whole["identities"], whole["held"], whole["pending"]) == (6, 1, 1)


async def test_an_actor_of_one_workspace_is_told_of_it_alone(installation: Installation) -> None:
    await two_workspaces(installation)
    for status in (await told(installation, VIEWER), await told(installation, workspace="ACME")):
        assert [it.connection for it in status.connections] == ["acme-store"]
        assert [it.workspace for it in status.workspaces] == ["Acme"]
        assert status.whole.identities == 4
    with pytest.raises(UnknownWorkspace):
        await told(installation, VIEWER, "Neighbour")
