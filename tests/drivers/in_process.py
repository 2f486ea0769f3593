"""How do tests talk to the api? Over HTTP against create_app, and to its database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from prometheus_client import CollectorRegistry
from sqlalchemy import RowMapping, select, update
from sqlmodel import col

from api.access.bearer import OpenedConnection
from api.access.tokens import digest_of
from api.admin.connections import NewConnection, create_connection
from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity
from api.fairness.share_sizes import ShareSizes
from api.fairness.shares import Shares
from api.metrics import ApiMetrics
from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import Group, User
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.resource_locks import ResourceLocks
from api.traces import new_trace
from contracts.clock import now
from contracts.rules import CreateEmployee, RemoveEmployee, Rules, StoreRules
from deploy.databases.engines import open_directory_engines

PUBLIC_URL = "https://muster.test"
RULES = StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())

USER, GROUP = str(User.__schema__), str(Group.__schema__)
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


@asynccontextmanager
async def opened_directory(url: str) -> AsyncIterator[DirectoryDatabase]:
    """Open a directory in a database that is migrated."""
    database = DirectoryDatabase(*open_directory_engines(url, ShareSizes().searches))
    yield database
    await database.close()


@dataclass(frozen=True, slots=True)
class Ingress:
    """One connection, as its identity provider sees it, with a look behind it."""

    database: DirectoryDatabase
    connection: str
    http: httpx2.AsyncClient
    registry: CollectorRegistry

    @property
    def transactions(self) -> Transactions:
        """Open transactions as a request of the connection does."""
        token = self.http.headers["Authorization"].removeprefix("Bearer ")
        return transactions_on(self.database, NewConnection(self.connection, token))

    async def neighbour(self, workspace: str = "Neighbour", rules: Rules = RULES) -> "Ingress":
        """Switch SCIM on for another workspace, or once more; the same api serves it."""
        new = await create_connection(self.database, workspace, rules, now())
        client = httpx2.AsyncClient(
            transport=self.http._transport,  # noqa: SLF001 - it leads to the same api
            base_url=self.http.base_url.join(f"../{new.id}"),
            headers={"Authorization": f"Bearer {new.token}"},
        )
        return Ingress(self.database, new.id, client, self.registry)

    async def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx2.Response:
        """Send a request."""
        return await self.http.request(method, path, json=body, headers=headers)

    async def user(self, user_name: str, **attributes: Any) -> str:
        """Create a user and return its id."""
        body = {"schemas": [USER], "userName": user_name, **attributes}
        answer = await self.send("POST", "/Users", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def group(self, name: str, *members: str) -> str:
        """Create a group and return its id."""
        body = {
            "schemas": [GROUP],
            "displayName": name,
            "members": [{"value": member} for member in members],
        }
        answer = await self.send("POST", "/Groups", body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def together(self, path: str, resources: Sequence[Mapping[str, Any]]) -> list[str]:
        """Create resources by one bulk request, and return their ids."""
        operations = [
            {"method": "POST", "path": path, "bulkId": str(at), "data": resource}
            for at, resource in enumerate(resources)
        ]
        answer = await self.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
        done = answer.json()["Operations"]
        assert [it["status"] for it in done] == ["201"] * len(resources), done
        return [it["location"].rpartition("/")[2] for it in done]

    async def patch(self, path: str, *operations: Mapping[str, Any]) -> httpx2.Response:
        """Send a PATCH."""
        return await self.send("PATCH", path, {"schemas": [PATCH], "Operations": operations})

    async def found(self, path: str, scim_filter: str) -> list[str]:
        """Return the ids that a filter finds."""
        answer = await self.http.get(path, params={"filter": scim_filter})
        assert answer.status_code == 200, answer.text
        return [resource["id"] for resource in answer.json()["Resources"]]

    async def members(self, group: str) -> list[str]:
        """Return the ids of the members of a group."""
        answer = await self.http.get(f"/Groups/{group}")
        return [member["value"] for member in answer.json().get("members", [])]

    async def identity(self, id_: str) -> RowMapping:
        """Return the identity of a user, as the relay will find it."""
        [row] = [row for row in await self.identities() if row["id"] == id_]
        return row

    async def identities(self) -> Sequence[RowMapping]:
        """Return every identity of the connection."""
        async with self.database.read() as db:
            statement = select(Identity.__table__).where(  # type: ignore[attr-defined]
                col(Identity.connection_id) == self.connection
            )
            return list((await db.execute(statement)).mappings())

    async def marked(self) -> set[str]:
        """Return the identities that are dirty."""
        return {row["id"] for row in await self.identities() if row["dirty_lane"] is not None}

    async def settle(self) -> None:
        """Clear every mark, as a relay that has published all would."""
        async with self.database.write() as db:
            await db.execute(
                update(Identity).values(dirty_lane=None, dirty_since=None, due_at=None)
            )


def metrics_of_nobody() -> ApiMetrics:
    """Return metrics that nobody looks at."""
    return ApiMetrics(CollectorRegistry())


def transactions_on(database: DirectoryDatabase, connection: NewConnection) -> Transactions:
    """Open transactions as a request of a connection does."""
    sizes = ShareSizes()
    shares = Shares(sizes, metrics_of_nobody(), one_writer=database.has_one_writer)
    opened = OpenedConnection(connection.id, RULES, digest_of(connection.token))
    locks = ResourceLocks(sizes.patience)
    seconds = Limits().search_seconds
    return Transactions(database, opened, new_trace(), shares, locks, now, seconds)


@asynccontextmanager
async def ingress_on(
    database: DirectoryDatabase,
    rules: Rules = RULES,
    *,
    workspace: str = "Acme",
    served_from: DirectoryDatabase | None = None,
    **options: Any,
) -> AsyncIterator[Ingress]:
    """Switch SCIM on for a new connection, and talk to it."""
    connection = await create_connection(database, workspace, rules, now())
    registry = CollectorRegistry()
    app = create_app(served_from or database, PUBLIC_URL, ApiMetrics(registry), **options)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app),
        base_url=f"{PUBLIC_URL}/scim/v2/{connection.id}",
        headers={"Authorization": f"Bearer {connection.token}"},
    ) as client:
        yield Ingress(database, connection.id, client, registry)
