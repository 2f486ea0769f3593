"""How does the demo's provider push people? It calls the application itself, as Okta calls it.

No network lies in between: the history of a workspace is made before its process serves.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from starlette.types import ASGIApp, Message, Scope

from api.admin.connections import Credentials
from api.connection_urls import SCIM_PREFIX
from deploy.demo.colleagues import Colleague
from deploy.errors import DeployError

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class HistoryRefused(DeployError):
    """A request of the demo's provider was refused that should not have been."""


@dataclass(slots=True)
class Okta:
    """An app of the provider for one connection, with the ids of what it has pushed.

    Groups are known by their names, and people by their userNames.
    """

    app: ASGIApp
    credentials: Credentials
    ids: dict[str, str] = field(default_factory=dict)

    async def test_credentials(self) -> None:
        """Do what "Test API Credentials" does."""
        await self.ask("GET", "/ServiceProviderConfig")
        await self.ask("GET", "/Users?startIndex=1&count=2")

    async def mistake(self, method: str, path: str, body: Any = None, token: str = "") -> None:
        """Send a request that is refused, as with a token that was cut off."""
        await self._send(method, path, body, token or self.credentials.token)

    async def assign(self, people: Iterable[Colleague]) -> None:
        """Look for people, and create them."""
        await asyncio.gather(*(self._assign(each) for each in people))

    async def push_profile(self, person: Colleague, *, before: Colleague | None = None) -> None:
        """Replace the profile of a person, whom the provider had as ``before``."""
        id_ = self.ids[(before or person).user_name]
        self.ids[person.user_name] = id_
        await self.ask("PUT", f"/Users/{id_}", person.profile())

    async def deactivate(self, people: Iterable[Colleague]) -> None:
        """Deactivate people."""
        await asyncio.gather(*(self._set_active(each, active=False) for each in people))

    async def reactivate(self, person: Colleague) -> None:
        """Take a deactivation back."""
        await self._set_active(person, active=True)

    async def delete(self, person: Colleague) -> None:
        """Delete somebody."""
        await self.ask("DELETE", f"/Users/{self.ids[person.user_name]}")

    async def push_group(self, name: str, members: Sequence[Colleague]) -> None:
        """Create a group, as Push Groups does."""
        listed = [{"value": self.ids[it.user_name], "display": it.user_name} for it in members]
        body = {"schemas": [GROUP], "displayName": name, "members": listed}
        self.ids[name] = (await self.ask("POST", "/Groups", body))["id"]

    async def rename_group(self, name: str, new: str) -> None:
        """Rename a group."""
        self.ids[new] = self.ids.pop(name)
        value = {"id": self.ids[new], "displayName": new}
        await self._patch(f"/Groups/{self.ids[new]}", {"op": "replace", "value": value})

    async def add_member(self, group: str, person: Colleague) -> None:
        """Put somebody into a group."""
        member = {"value": self.ids[person.user_name], "display": person.user_name}
        added = {"op": "add", "path": "members", "value": [member]}
        await self._patch(f"/Groups/{self.ids[group]}", added)

    async def remove_member(self, group: str, person: Colleague) -> None:
        """Take somebody out of a group."""
        path = f'members[value eq "{self.ids[person.user_name]}"]'
        await self._patch(f"/Groups/{self.ids[group]}", {"op": "remove", "path": path})

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and return the document of its answer.

        :raises HistoryRefused: when it is refused.
        """
        status, answer = await self._send(method, path, body, self.credentials.token)
        if status >= HTTPStatus.BAD_REQUEST:
            place = path.partition("?")[0]
            raise HistoryRefused(f"the history of the demo: {method} {place} was answered {status}")
        return json.loads(answer) if answer else None

    async def _send(self, method: str, path: str, body: Any, token: str) -> tuple[int, bytes]:
        target = f"{SCIM_PREFIX}/{self.credentials.connection}{path}"
        sent = b"" if body is None else json.dumps(body).encode()
        return await _call(self.app, _scope(method, target, token, len(sent)), sent)

    async def _assign(self, person: Colleague) -> None:
        asked = quote(f'userName eq "{person.user_name}"')
        found = await self.ask("GET", f"/Users?filter={asked}&startIndex=1&count=100")
        if not found["Resources"]:
            created = await self.ask("POST", "/Users", person.profile())
            self.ids[person.user_name] = created["id"]

    async def _set_active(self, person: Colleague, *, active: bool) -> None:
        operation = {"op": "replace", "value": {"active": active}}
        await self._patch(f"/Users/{self.ids[person.user_name]}", operation)

    async def _patch(self, path: str, operation: Mapping[str, Any]) -> None:
        await self.ask("PATCH", path, {"schemas": [PATCH], "Operations": [operation]})


def _scope(method: str, target: str, token: str, length: int) -> Scope:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-type", b"application/scim+json"),
            (b"content-length", str(length).encode()),
            (b"user-agent", b"Okta SCIM Client 1.0.0"),
        ],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }


async def _call(app: ASGIApp, scope: Scope, body: bytes) -> tuple[int, bytes]:
    """Call an application, and return the status of its answer, and its body."""
    requests = iter([{"type": "http.request", "body": body, "more_body": False}])
    answers: list[Message] = []

    async def receive() -> Message:
        if (request := next(requests, None)) is None:
            await asyncio.Event().wait()  # the client does not hang up
        return request or {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answers.append(message)

    await app(scope, receive, send)
    return answers[0]["status"], b"".join(it.get("body", b"") for it in answers[1:])
