"""What is published while a connection is paused? Nothing that it has accepted since."""

import asyncio

import pytest

from api.directory.connection_states import Verb
from api.directory.dialects import DirectoryDatabase
from api.outbox.leasing import Mark
from contracts.clock import now
from contracts.topology import Lane
from tests.drivers.administration import stand
from tests.drivers.in_process import Ingress, ingress_on
from tests.integration.api.outbox.marks import connect, mark, taken

ROUNDS, RELAYS = 12, 3
LEAVE = {"op": "replace", "path": "active", "value": False}
COME_BACK = {"op": "replace", "path": "active", "value": True}


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.OBSERVE])
async def test_marks_wait_until_the_connection_is_live_again(
    directory: DirectoryDatabase, verb: Verb
) -> None:
    connections = await connect(directory, "acme", "other")
    for connection in connections.values():
        await mark(directory, connection, ["ada"])
    await stand(directory, connections["acme"], verb)
    assert [it.connection_id for it in await taken(directory, 10)] == [connections["other"]]
    assert await taken(directory, 10, suspect=True) == []
    await stand(directory, connections["acme"], Verb.RESUME)
    assert [it.connection_id for it in await taken(directory, 10)] == [connections["acme"]]


async def test_the_places_of_a_paused_workspace_go_to_others(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "acme", "other")
    for connection in connections.values():
        await mark(directory, connection, [f"person-{number}" for number in range(10)])
    await stand(directory, connections["acme"], Verb.PAUSE)
    leased = await taken(directory, 10)
    assert [it.connection_id for it in leased] == [connections["other"]] * 10


async def test_what_was_accepted_before_a_connection_was_switched_off_is_published(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], ["ada"])
    await stand(directory, connections["acme"], Verb.OFF)
    assert len(await taken(directory, 10)) == 1


async def test_a_paused_connection_that_is_switched_off_and_on_publishes_nothing(
    directory: DirectoryDatabase,
) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], ["ada"])
    for verb in (Verb.PAUSE, Verb.OFF, Verb.ON):
        await stand(directory, connections["acme"], verb)
        assert len(await taken(directory, 10)) == 0


async def test_nothing_is_leased_that_was_accepted_after_a_pause_was_answered(
    ingress: Ingress,
) -> None:
    directory, ada = ingress.database, await ingress.user("ada")
    await ingress.settle()

    async def change_after_a_pause() -> int:
        await ingress.patch(f"/Users/{ada}", LEAVE)
        await stand(directory, ingress.connection, Verb.PAUSE)
        await ingress.patch(f"/Users/{ada}", COME_BACK)
        return int((await ingress.identity(ada))["version"])

    async def relay(until: asyncio.Event) -> list[Mark]:
        leased: list[Mark] = []
        while not until.is_set():
            leased += await taken(directory, 10, now(), lane=Lane.URGENT)
            await asyncio.sleep(0)
        return leased

    for _ in range(ROUNDS):
        stop = asyncio.Event()
        relays = [asyncio.create_task(relay(stop)) for _ in range(RELAYS)]
        accepted = await change_after_a_pause()
        stop.set()
        leased = [it for leased in await asyncio.gather(*relays) for it in leased]
        assert all(it.state.version < accepted for it in leased)
        await stand(directory, ingress.connection, Verb.RESUME)
        await ingress.settle()


async def test_the_connections_of_a_workspace_are_paused_one_by_one(
    directory: DirectoryDatabase,
) -> None:
    async with ingress_on(directory) as one, ingress_on(directory) as other:
        await one.user("ada")
        ben = await other.user("ben")
        await stand(directory, one.connection, Verb.PAUSE)
        assert [it.identity_id for it in await taken(directory, 10, now())] == [ben]
