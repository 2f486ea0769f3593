"""Do api and worker work as processes of their own, each with its own database and the broker?"""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from aio_pika import connect
from aio_pika.abc import AbstractConnection, AbstractQueue

from contracts.identities_changed import decode_all
from contracts.identity_changed import IdentityChangedEnvelope
from contracts.topology import Lane, Topology
from tests.drivers.forked_muster import forked_part, run_forked
from tests.drivers.muster_process import START_SECONDS
from tests.servers.migrated import NewDatabase
from tests.servers.ports import free_port
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.services import environment_with

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def _muster(environment: dict[str, str], *arguments: str) -> str:
    done = run_forked(*arguments, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _asked(environment: dict[str, str], *arguments: str) -> Any:
    return json.loads(_muster(environment, *arguments, "--json"))


@pytest.mark.postgres
@pytest.mark.rabbitmq
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_push_to_one_process_is_an_account_by_another_and_an_event_for_others(
    new_database_url: NewDatabase, rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    port = free_port()
    environment = environment_with(
        MUSTER_DIRECTORY_DATABASE_URL=new_database_url(),
        MUSTER_DOWNSTREAM_DATABASE_URL=new_database_url(),
        MUSTER_BROKER_URL=rabbitmq_server.url,
        MUSTER_BROKER_PREFIX=topology.prefix,
        MUSTER_PORT=str(port),
        MUSTER_METRICS_PORT="0",
        MUSTER_LOG_LEVEL="warning",
    )
    _muster(environment, "migrate")
    _muster(environment, "topology", "apply")
    creates = ("--on-create", "create-employee")
    opened = _asked(environment, "connections", "create", "acme", "store", *creates)
    async with (
        forked_part("api", environment | {"MUSTER_DOWNSTREAM_DATABASE_URL": NOWHERE}),
        forked_part("worker", environment | {"MUSTER_DIRECTORY_DATABASE_URL": NOWHERE}),
        await connect(rabbitmq_server.url) as connection,
        asyncio.timeout(START_SECONDS),
    ):
        of_another = await _queue_of_another(connection, topology)
        assert await _push(opened) == 201
        while not (accounts := _asked(environment, "accounts", "list", "acme")):
            await asyncio.sleep(0.1)
        message = await of_another.get(no_ack=True)
    assert [account["email"] for account in accounts] == ["ada@example.com"]
    (event,) = decode_all(message.body)
    assert isinstance(event, IdentityChangedEnvelope)
    assert event.source == opened["base_url"]


async def _queue_of_another(connection: AbstractConnection, topology: Topology) -> AbstractQueue:
    channel = await connection.channel()
    queue = await channel.declare_queue(f"{topology.of_consumers}test", exclusive=True)
    for lane in Lane:
        await queue.bind(topology.events, topology.routing_key(lane))
        await queue.bind(topology.events, topology.bundles_routing_key(lane))
    return queue


async def _push(opened: dict[str, Any]) -> int:
    headers = {"Authorization": f"Bearer {opened['token']}"}
    body = {"schemas": [USER], "userName": "ada@example.com", "active": True}
    async with httpx2.AsyncClient(headers=headers) as http:
        while True:
            try:
                return (await http.post(f"{opened['base_url']}/Users", json=body)).status_code
            except httpx2.TransportError:
                await asyncio.sleep(0.05)  # not listening yet
