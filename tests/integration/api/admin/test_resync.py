"""Whom does a resync publish again?"""

import pytest

from api.admin.actors import COMMAND
from api.admin.resync import publish_again, resync, resync_all
from api.errors import UnknownConnection, UnknownIdentity
from contracts.downstream.sync_states import SyncState
from tests.drivers.administration import States, administration_on
from tests.drivers.in_process import Ingress, ingress_on

NOW = 1_700_000_000_000_000
BEYOND = 4_000_000_000_000_000
LEFT = SyncState(applied_version=BEYOND, deactivated_at=BEYOND)


async def test_a_resync_marks_one_or_all(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    assert await publish_again(ingress.database, ingress.connection, NOW, identity=ada) == 1
    assert await ingress.marked() == {ada}
    assert await publish_again(ingress.database, ingress.connection, NOW) == 2
    assert await ingress.marked() == {ada, ben}


async def test_leavers_unknown_to_the_directory_are_left_alone(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    it = administration_on(ingress.database, states=States({ada: LEFT}))
    one = await resync(it, COMMAND, ingress.connection, ada)
    assert (one.marked, [leaver.identity for leaver in one.left_alone]) == (0, [ada])
    everybody = await resync(it, COMMAND, ingress.connection)
    assert (everybody.marked, [leaver.identity for leaver in everybody.left_alone]) == (1, [ada])
    assert await ingress.marked() == {ben}


async def test_every_connection_is_resynced(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    async with ingress_on(ingress.database) as other:
        ben, cleo = await other.user("ben"), await other.user("cleo")
        for each in (ingress, other):
            await each.settle()
        it = administration_on(ingress.database, states=States({ben: LEFT}))
        done = await resync_all(it, COMMAND)
        assert await ingress.marked() | await other.marked() == {ada, cleo}
    assert (done.marked, [leaver.identity for leaver in done.left_alone]) == (2, [ben])


async def test_what_is_unknown_is_named(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    with pytest.raises(UnknownIdentity, match="no identity with this id"):
        await resync(it, COMMAND, ingress.connection, "nobody")
    with pytest.raises(UnknownConnection, match="'none'"):
        await resync(it, COMMAND, "none")
