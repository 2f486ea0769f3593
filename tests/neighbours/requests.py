"""What does a tenant send? Requests as they go over the wire, made for one connection."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from api.directory.tables import Identity
from tests.drivers.in_process import BULK, GROUP, PATCH, USER, Ingress
from tests.drivers.many_users import PATTERN, join, multiply
from tests.neighbours.wire_request import Request

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A connection of a workspace of its own, whose administrator holds the token."""

    ingress: Ingress
    size: float = 1
    """How many users and groups it has, as a share of what makes its requests dearest."""
    crowded: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        return {
            "Authorization": self.ingress.http.headers["Authorization"],
            "Content-Type": "application/scim+json",
        }

    def request(self, method: str, path: str, body: Body | bytes = b"") -> Request:
        """Make a request; a body of bytes is sent as it is."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Request(method, f"{self.ingress.http.base_url.path}{path[1:]}", self.headers, sent)

    def patch(self, path: str, *operations: Body) -> Request:
        """Make a PATCH."""
        return self.request("PATCH", path, {"schemas": [PATCH], "Operations": operations})

    def search(self, path: str, **search: Any) -> Request:
        """Make a search by POST, RFC 7644 section 3.4.3."""
        return self.request("POST", f"{path}/.search", {"schemas": [SEARCH], **search})

    def bulk(self, operations: Sequence[Body]) -> Request:
        """Make a bulk request, RFC 7644 section 3.7."""
        return self.request("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})

    def some(self, most: int) -> int:
        """Return how many users or groups to make where there could be so many."""
        return max(2, int(most * self.size))

    async def crowd(self, most: int) -> list[str]:
        """Make many users, of whom nothing is left to publish; return their ids.

        Those that were made before are among them.
        """
        many = self.some(most)
        if not self.crowded:
            self.crowded.append(
                await self.ingress.user(PATTERN, displayName=PATTERN, title=PATTERN)
            )
        if len(self.crowded) < many:
            numbers = range(len(self.crowded), many)
            self.crowded.extend(await self._copies(self.crowded[0], numbers))
        return self.crowded[:many]

    async def alike(self, name: str, number: int, **attributes: Any) -> list[str]:
        """Make users who differ in their names alone, of whom nothing is left to publish."""
        first = await self.ingress.user(f"{name}-{PATTERN}", **attributes)
        return [first, *await self._copies(first, range(1, number))]

    async def group_of(self, name: str, members: Sequence[str]) -> str:
        """Make a group of many users; return its id."""
        group = await self.ingress.group(name)
        await join(self.ingress.database, self.ingress.connection, group, members)
        return group

    async def _copies(self, original: str, numbers: range) -> list[str]:
        """Copy a user who is not to be published any more, as otherwise no copy would rest."""
        await self._publish_nothing()
        return await multiply(self.ingress.database, self.ingress.connection, original, numbers)

    async def _publish_nothing(self) -> None:
        own = col(Identity.connection_id) == self.ingress.connection
        nothing = {"dirty_lane": None, "dirty_since": None, "due_at": None}
        in_order = select(col(Identity.id)).where(own).order_by(col(Identity.id))
        async with self.ingress.database.write() as db:
            await db.execute(in_order.with_for_update())  # as a relay does, which may be at them
            await db.execute(update(Identity).where(own).values(nothing))


def user(name: str, **attributes: Any) -> dict[str, Any]:
    """Return the body of a user."""
    return {"schemas": [USER], "userName": name, **attributes}


def group(name: str, members: Sequence[str] = ()) -> dict[str, Any]:
    """Return the body of a group."""
    of = [{"value": member} for member in members]
    return {"schemas": [GROUP], "displayName": name, "members": of}


def replace(path: str, value: Any) -> dict[str, Any]:
    """Return an operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}
