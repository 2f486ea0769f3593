"""Do api processes that write at the same moment lose, refuse or block anything? On PostgreSQL.

Each has engines of its own, as processes have, so that what they share is the database alone.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import asyncpg
import httpx2
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import exists, func, select
from sqlmodel import col

from api.admin.change_rules import replace_rules
from api.admin.connections import create_connection
from api.admin.resync import publish_again
from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import GroupRow, Identity, Membership, UserRow
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from contracts.clock import now
from contracts.identity_changed import IdentityChanged, decode
from contracts.rules import StoreRules
from contracts.topology import Lane
from contracts.transport import Confirmed, Parcel, PublishOutcome, TransportState
from deploy.databases.engines import open_engines
from deploy.processes.background_tasks import running_in_background
from tests.drivers.forked_api import forked_apis
from tests.drivers.in_process import (
    PATCH,
    PUBLIC_URL,
    RULES,
    Ingress,
    ingress_on,
    opened_directory,
)

pytestmark = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)

PROCESSES, AT_ONCE = 3, 48


class Post:
    """A publisher who confirms everything, and keeps the newest event of each identity."""

    def __init__(self) -> None:
        self.newest: dict[str, IdentityChanged] = {}

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        for event in (decode(parcel.body).data for parcel in parcels):
            known = self.newest.setdefault(event.identity, event)
            if known.version < event.version:
                self.newest[event.identity] = event
        return [Confirmed() for _ in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True)


@dataclass(frozen=True, slots=True)
class Processes:
    """The same connection, as several processes serve it."""

    url: str
    each: Sequence[Ingress]

    @property
    def one(self) -> Ingress:
        return self.each[0]

    def in_turn(self) -> Iterator[Ingress]:
        return cycle(self.each)


@pytest.fixture
async def processes(directory_url: str) -> AsyncIterator[Processes]:
    """Give the processes; afterwards, make sure that none had to be freed from a deadlock."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(opened_directory(directory_url))
        connection = await create_connection(first, "Acme", RULES, now())
        others = [_opened(directory_url) for _ in range(PROCESSES - 1)]
        each = []
        for database in [first, *[await stack.enter_async_context(other) for other in others]]:
            registry = CollectorRegistry()
            app = create_app(database, PUBLIC_URL, ApiMetrics(registry))
            http = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app),
                base_url=f"{PUBLIC_URL}/scim/v2/{connection.id}",
                headers={"Authorization": f"Bearer {connection.token}"},
            )
            await stack.enter_async_context(http)
            each.append(Ingress(database, connection.id, http, registry))
        yield Processes(directory_url, each)
    assert await _deadlocks(directory_url) == 0


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[DirectoryDatabase]:
    database = DirectoryDatabase(*open_engines(url))
    yield database
    await database.reading.dispose()
    await database.writing.dispose()


async def _deadlocks(url: str) -> int:
    """Return how often the server had to roll a transaction back; it counts when they are gone."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    found: int = await connection.fetchval(query)
    await connection.close()
    return found


async def users_of(ingress: Ingress, number: int) -> list[str]:
    """Create users at once, which share their statements, and return their ids."""
    return await asyncio.gather(*(ingress.user(f"user{each}") for each in range(number)))


async def _statuses(requests: Sequence[Awaitable[httpx2.Response]]) -> Counter[int]:
    return Counter(answer.status_code for answer in await asyncio.gather(*requests))


def add(*ids: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": id_} for id_ in ids]}


def remove(id_: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{id_}"]'}


async def test_members_who_are_added_and_removed_at_once_are_all_kept_and_gone(
    processes: Processes,
) -> None:
    staying, *others = await users_of(processes.one, 1 + 2 * AT_ONCE)
    coming, going = others[:AT_ONCE], others[AT_ONCE:]
    group = await processes.one.group("Weavers", staying, *going)
    operations = [*(add(id_) for id_ in coming), *(remove(id_) for id_ in going)]
    operations += [{"op": "replace", "value": {"displayName": f"Name {n}"}} for n in range(8)]
    requests = [
        process.patch(f"/Groups/{group}", operation)
        for process, operation in zip(processes.in_turn(), operations, strict=False)
    ]
    assert await _statuses(requests) == {204: len(operations)}
    assert await processes.one.members(group) == sorted([staying, *coming])
    found = await processes.one.send("GET", f"/Groups/{group}?excludedAttributes=members")
    assert found.headers["etag"] == f'W/"{1 + len(operations)}"'


async def test_changes_of_one_user_are_all_kept(processes: Processes) -> None:
    user = await processes.one.user("ada")
    addresses = [f"ada+{number}@acme.test" for number in range(AT_ONCE)]
    requests = [
        process.patch(
            f"/Users/{user}", {"op": "add", "path": "emails", "value": [{"value": address}]}
        )
        for process, address in zip(processes.in_turn(), addresses, strict=False)
    ]
    assert await _statuses(requests) == {200: AT_ONCE}
    found = (await processes.one.send("GET", f"/Users/{user}")).json()
    assert sorted(email["value"] for email in found["emails"]) == sorted(addresses)


async def test_of_many_who_want_one_name_one_gets_it(processes: Processes) -> None:
    users = await users_of(processes.one, 12)
    groups = [await processes.one.group(f"Group {number}") for number in range(12)]
    names = zip(processes.in_turn(), cycle(["Ada@acme.test", "ADA@ACME.TEST"]), strict=False)
    wanted = [next(names) for _ in users]
    rename_user = [
        process.patch(f"/Users/{id_}", {"op": "replace", "path": "userName", "value": name})
        for id_, (process, name) in zip(users[:6], wanted, strict=False)
    ] + [
        process.send("PUT", f"/Users/{id_}", {"userName": name})
        for id_, (process, name) in zip(users[6:], wanted, strict=False)
    ]
    assert await _statuses(rename_user) == {200: 1, 409: 11}
    rename_group = [
        process.patch(f"/Groups/{id_}", {"op": "replace", "value": {"displayName": name}})
        for id_, (process, name) in zip(groups[:6], wanted, strict=False)
    ] + [
        process.send("PUT", f"/Groups/{id_}", {"displayName": name})
        for id_, (process, name) in zip(groups[6:], wanted, strict=False)
    ]
    counted = await _statuses(rename_group)
    assert counted[200] + counted[204] == 1
    assert counted[409] == 11


async def test_who_is_deleted_while_being_added_is_in_no_group(processes: Processes) -> None:
    users = await users_of(processes.one, 12)
    groups = [await processes.one.group(f"Group {number}") for number in range(4)]
    turn = processes.in_turn()
    requests = []
    for number, user in enumerate(users):
        requests += [next(turn).patch(f"/Groups/{group}", add(user)) for group in groups]
        requests.insert(number * 5 + number % 5, next(turn).send("DELETE", f"/Users/{user}"))
    assert await _statuses(requests) == {204: len(requests)}
    assert await _dangling(processes.one.database) == 0
    assert [await processes.one.members(group) for group in groups] == [[]] * len(groups)


async def test_processes_on_ports_of_their_own_lose_no_member(directory_url: str) -> None:
    async with opened_directory(directory_url) as database, ingress_on(database) as ingress:
        users = await users_of(ingress, AT_ONCE)
        group = await ingress.group("Weavers")
        async with (
            forked_apis(directory_url.replace("+asyncpg", ""), 2) as ports,
            httpx2.AsyncClient(headers=ingress.http.headers, timeout=30) as http,
        ):
            path = f"/scim/v2/{ingress.connection}/Groups/{group}"
            requests = [
                http.patch(
                    f"http://127.0.0.1:{port}{path}",
                    json={"schemas": [PATCH], "Operations": [add(user)]},
                )
                for port, user in zip(cycle(ports), users, strict=False)
            ]
            assert await _statuses(requests) == {204: AT_ONCE}
        assert await ingress.members(group) == sorted(users)


async def test_whatever_is_written_at_once_nobody_waits_in_a_circle_or_is_told_old_groups(
    processes: Processes,
) -> None:
    """Everything that takes locks, on the same few rows, with relays beside it."""
    users = await users_of(processes.one, 24)
    groups = [await processes.one.group(f"Group {number}", *users) for number in range(6)]
    turn = processes.in_turn()

    def send(method: str, path: str, body: Any = None) -> Awaitable[httpx2.Response]:
        return next(turn).send(method, path, body)

    def patch(path: str, *operations: Any) -> Awaitable[httpx2.Response]:
        return next(turn).patch(path, *operations)

    half = [{"value": id_} for id_ in users[::2]]
    requests = [
        *(patch(f"/Groups/{g}", {"op": "replace", "value": {"displayName": g}}) for g in groups),
        *(patch(f"/Groups/{g}", add(*groups), remove(users[3])) for g in groups[:4]),
        *(send("PUT", f"/Groups/{g}", {"displayName": g, "members": half}) for g in groups[:3]),
        *(patch(f"/Groups/{g}", {"op": "remove", "path": "members"}) for g in groups[3:5]),
        *(send("POST", "/Groups", {"displayName": f"New {u}", "members": half}) for u in users[:4]),
        *(patch(f"/Users/{u}", {"op": "replace", "value": {"active": False}}) for u in users[:18]),
        *(send("PUT", f"/Users/{u}", {"userName": u, "active": True}) for u in users[6:12]),
        *(send("DELETE", f"/Users/{u}") for u in users[:6]),
        *(patch(f"/Groups/{groups[0]}", add(u)) for u in users[:6]),
        *(send("DELETE", f"/Groups/{g}") for g in groups[4:]),
    ]
    post = Post()
    async with AsyncExitStack() as relays:
        for process in processes.each:
            relay = Relay(process.database, post, ApiMetrics(CollectorRegistry()))
            await relays.enter_async_context(running_in_background(relay.run))
        statuses, *_ = await asyncio.gather(
            _statuses(requests),
            replace_rules(processes.one.database, processes.one.connection, StoreRules(), now()),
            publish_again(processes.each[-1].database, processes.one.connection, now()),
        )
    assert statuses.keys() <= {200, 201, 204, 404}
    assert await _dangling(processes.one.database) == 0
    deleted = [row for row in await processes.one.identities() if row["deleted"]]
    assert {row["id"] for row in deleted} == set(users[:6])
    await _publish_the_rest(processes.one.database, post)
    told = {id_: (it.version, it.groups) for id_, it in post.newest.items() if it.active}
    stored = await _versions_and_groups(processes.one)
    assert stored.keys() >= set(users[18:])
    assert {id_: it for id_, it in told.items() if id_ in stored} == stored


async def _publish_the_rest(directory: DirectoryDatabase, post: Post) -> None:
    """Publish what relays that have ended gave back."""
    relay = Relay(directory, post, ApiMetrics(CollectorRegistry()))
    for lane in Lane:
        while await relay.move(lane):
            pass


async def _versions_and_groups(ingress: Ingress) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return the version of each active person, and the names of their groups, in order."""
    names = select(func.array_agg(col(GroupRow.display_name))).where(
        col(GroupRow.id) == col(Membership.group_id), col(Membership.member_id) == col(Identity.id)
    )
    statement = select(Identity.id, Identity.version, names.scalar_subquery())  # type: ignore[call-overload]
    async with ingress.database.read() as db:
        rows = await db.execute(statement.where(col(Identity.active)))
        return {id_: (version, tuple(sorted(groups or ()))) for id_, version, groups in rows}


async def _dangling(directory: DirectoryDatabase) -> int:
    """Return how many memberships there are of, or in, what there is not."""
    user = exists().where(col(UserRow.id) == col(Membership.member_id))
    nested = exists().where(col(GroupRow.id) == col(Membership.member_id))
    group = exists().where(col(GroupRow.id) == col(Membership.group_id))
    async with directory.read() as db:
        statement = select(func.count()).select_from(Membership)
        return await db.scalar(statement.where(~(user | nested) | ~group)) or 0
