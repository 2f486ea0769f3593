"""Does one trace show everything from the request to the device, in a single process?"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from api.admin.connections import NewConnection, create_connection
from contracts.clock import now
from contracts.rules import CreateMdmEmployee, MdmRules, UnassignDevices
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import open_databases
from deploy.http.server import bind_api
from deploy.processes.background_tasks import running_in_background
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.single_process import run_everything
from deploy.settings import Settings, read_settings
from deploy.tracing.process_tracing import process_tracing
from tests.drivers.in_process import PATCH, USER
from tests.servers.migrated import NewDatabase
from tests.servers.otlp_collector import Collector, ReceivedSpan, collecting
from worker.errors import UnknownEmail, UnknownWorkspace
from worker.platforms.sql.inventory import Inventory

WAIT_SECONDS = 30
OF_THE_CLIENT = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
OF_THE_CLIENT_UNSAMPLED = f"00-{OF_THE_CLIENT[0]}-{OF_THE_CLIENT[1]}-00"
SERIAL = "C02-NOBODY"

pytestmark = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of one connection, and the accounts and devices that come of it."""

    http: httpx2.AsyncClient
    inventory: Inventory
    connection: NewConnection

    async def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        answer = await self.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()

    async def join(self, name: str) -> str:
        """Let somebody join, and hold a device; return the id."""
        email = f"{name}@example.com"
        body = {"schemas": [USER], "userName": name, "emails": [{"value": email}]}
        user = await self.send("POST", "/Users", body)
        async with asyncio.timeout(WAIT_SECONDS):
            while not await self._holds_device(email):
                await asyncio.sleep(0.02)
        return str(user["id"])

    async def leave(self, user: str, traceparent: str) -> None:
        """Let somebody leave, and wait until the device is free."""
        body = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
        await self.send("PATCH", f"/Users/{user}", body, traceparent=traceparent)
        async with asyncio.timeout(WAIT_SECONDS):
            while (await self.inventory.devices.with_serial("acme", SERIAL)).assigned_to:
                await asyncio.sleep(0.02)

    async def _holds_device(self, email: str) -> bool:
        try:
            await self.inventory.devices.add("acme", SERIAL, assigned_to=email)
        except (UnknownWorkspace, UnknownEmail):
            return False  # the account has not come yet
        return True


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Provider]:
    """Run everything with the tracing of the settings, whose last spans are sent at the end."""
    rules = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=UnassignDevices())
    with bind_api(settings) as listener, process_tracing(settings, "run") as tracing:
        async with open_databases(settings) as databases:
            connection = await create_connection(databases.directory, "acme", rules, now())

            async def run(stop: asyncio.Event) -> None:
                endpoints = OperatorEndpoints()
                await run_everything(
                    settings, listener, databases, endpoints, stop, tracing=tracing
                )

            base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/scim/v2/{connection.id}"
            authorization = {"Authorization": f"Bearer {connection.token}"}
            async with (
                running_in_background(run),
                httpx2.AsyncClient(base_url=base_url, headers=authorization) as http,
            ):
                yield Provider(http, Inventory(databases.downstream), connection)


async def test_it_shows_every_hop_and_says_nothing_personal(new_database_url: NewDatabase) -> None:
    with collecting() as collector:
        async with running(settings_of(new_database_url, collector)) as provider:
            leaver = await provider.join("zebedee")
            await provider.leave(leaver, OF_THE_CLIENT_UNSAMPLED)

    trace = collector.trace(OF_THE_CLIENT[0])
    assert sorted(trace) == [
        "broker.publish",
        "directory.transaction",
        "platform.action",
        "relay.event",
        "scim.request",
        "worker.event",
        "worker.plan",
    ]
    [request], [relayed], [applied] = (
        trace[name] for name in ("scim.request", "relay.event", "worker.event")
    )
    assert request.parent == OF_THE_CLIENT[1]
    assert request.attributes["muster.operation"] == "modify_user"
    assert request.attributes["muster.connection"] == provider.connection.id
    assert parents_of(trace, "directory.transaction", "relay.event", "worker.event") == {request.id}
    assert parents_of(trace, "broker.publish") == {relayed.id}
    assert parents_of(trace, "worker.plan", "platform.action") == {applied.id}
    assert applied.attributes["muster.identity"] == leaver
    assert {it.attributes["muster.action"] for it in trace["platform.action"]} == {"ReleaseDevice"}
    assert is_in_order(
        trace["directory.transaction"] + trace["broker.publish"] + trace["worker.plan"]
    )
    for event, batch in ((relayed, "relay.batch"), (applied, "worker.batch")):
        assert is_linked_both_ways(collector.spans, event, batch, request)

    told = b"".join(collector.bodies).lower()
    for personal in ("zebedee", SERIAL, provider.connection.token, "example.com", "/Users"):
        assert personal.lower().encode() not in told


def settings_of(urls: NewDatabase, collector: Collector) -> Settings:
    return read_settings(
        port=0,
        directory_database_url=urls(DIRECTORY).replace("+aiosqlite", ""),
        downstream_database_url=urls(DOWNSTREAM).replace("+aiosqlite", ""),
        tracing_endpoint=collector.url,
        tracing_ratio=1,
    )


def parents_of(trace: dict[str, list[ReceivedSpan]], *names: str) -> set[str]:
    return {span.parent for name in names for span in trace[name]}


def is_in_order(spans: Collection[ReceivedSpan]) -> bool:
    return list(spans) == sorted(spans, key=lambda it: it.began) and all(
        it.began <= it.ended for it in spans
    )


def is_linked_both_ways(
    spans: Collection[ReceivedSpan], event: ReceivedSpan, batch: str, request: ReceivedSpan
) -> bool:
    """Return whether the span of an event leads to its batch, and the batch to the request."""
    [link] = event.links
    [found] = [it for it in spans if (it.trace, it.id) == link]
    return found.name == batch and (request.trace, request.id) in found.links
