"""What does Okta do with hundreds of people, and what does it know afterwards?"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx2

from tests.drivers.in_process import GROUP, PATCH, USER

AT_ONCE = 16
"""Requests that are on their way; Okta sends about as many for one app."""

MEMBERS_AT_ONCE = 40
ANSWER_SECONDS = 30


@dataclass(slots=True)
class Person:
    """Somebody who is assigned to an app, as last acknowledged."""

    id: str
    user_name: str
    email: str
    family_name: str
    active: bool = True
    deleted: bool = False
    groups: set[str] = field(default_factory=set)
    """Ids; a deleted person is in none."""
    is_holder: bool = False
    """Whether somebody else sees to this person than the hands of a load."""

    @property
    def display_name(self) -> str:
        return f"Ada {self.family_name}"


@dataclass(slots=True)
class Tally:
    """How many requests were acknowledged, for whoever waits for a moment in the load."""

    count: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def add(self) -> None:
        """Count one."""
        async with self.changed:
            self.count += 1
            self.changed.notify_all()

    async def reaches(self, count: int) -> None:
        """Wait until so many were."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.count >= count)


@dataclass(slots=True)
class App:
    """An app in Okta for one connection. Each request goes to another process of the api."""

    connection: str
    workspace: str
    portal: str
    http: httpx2.AsyncClient
    origins: "cycle[str]"
    tally: Tally
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    """Display names by id."""
    at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    # --- people ---------------------------------------------------------------------------

    async def assign(self, user_name: str) -> Person:
        """Create a user."""
        person = Person("", user_name, f"{user_name}@acme.test", "Joiner")
        person.id = (await self._send("POST", "/Users", profile_of(person)))["id"]
        self.people[person.id] = person
        return person

    async def push_profile(
        self, person: Person, *, family_name: str, email: str | None = None
    ) -> None:
        """Replace the profile of a user."""
        person.family_name = family_name
        person.email = email or person.email
        await self._send("PUT", f"/Users/{person.id}", profile_of(person))

    async def set_active(self, person: Person, *, active: bool) -> None:
        """Deactivate a user, or take that back."""
        await self._patch(f"/Users/{person.id}", {"op": "replace", "value": {"active": active}})
        person.active = active

    async def delete(self, person: Person) -> None:
        """Delete a user."""
        await self._send("DELETE", f"/Users/{person.id}")
        person.deleted = True
        person.groups.clear()

    # --- groups ---------------------------------------------------------------------------

    async def push_group(self, name: str, members: Collection[Person]) -> str:
        """Create a group and fill it, some members at a time."""
        body = {"schemas": [GROUP], "displayName": name}
        group: str = (await self._send("POST", "/Groups", body))["id"]
        self.groups[group] = name
        waiting = list(members)
        while waiting:
            some, waiting = waiting[:MEMBERS_AT_ONCE], waiting[MEMBERS_AT_ONCE:]
            value = [{"value": person.id, "display": person.user_name} for person in some]
            await self._patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": value})
            for person in some:
                person.groups.add(group)
        return group

    async def rename_group(self, group: str, name: str) -> None:
        """Rename a group."""
        value = {"id": group, "displayName": name}
        await self._patch(f"/Groups/{group}", {"op": "replace", "value": value})
        self.groups[group] = name

    async def remove_member(self, group: str, person: Person) -> None:
        """Take somebody out of a group."""
        path = f'members[value eq "{person.id}"]'
        await self._patch(f"/Groups/{group}", {"op": "remove", "path": path})
        person.groups.discard(group)

    async def delete_group(self, group: str) -> None:
        """Delete a group."""
        await self._send("DELETE", f"/Groups/{group}")
        del self.groups[group]
        for person in self.people.values():
            person.groups.discard(group)

    def group_names(self, person: Person) -> list[str]:
        """Return the names of somebody's groups."""
        return sorted(self.groups[group] for group in person.groups)

    # --- requests -------------------------------------------------------------------------

    async def _patch(self, path: str, operation: dict[str, Any]) -> None:
        await self._send("PATCH", path, {"schemas": [PATCH], "Operations": [operation]})

    async def _send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, which has to be acknowledged whatever goes on behind the api."""
        answer = await self._request(method, path, body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        await self.tally.add()
        return answer.json() if answer.content else None

    async def _request(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        """Send a request, again after the time that a connection is told to wait (RFC 6585)."""
        while True:
            url = f"{next(self.origins)}/scim/v2/{self.connection}{path}"
            async with self.at_once:
                answer = await self.http.request(method, url, json=body)
            if answer.status_code != httpx2.codes.TOO_MANY_REQUESTS:
                return answer
            await asyncio.sleep(float(answer.headers["Retry-After"]))


@asynccontextmanager
async def app_for(
    opened: dict[str, Any], workspace: str, portal: str, origins: Iterable[str], tally: Tally
) -> AsyncIterator[App]:
    """Set an app up with the token of a connection."""
    async with httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {opened['token']}"}, timeout=ANSWER_SECONDS
    ) as http:
        yield App(opened["connection"], workspace, portal, http, cycle(origins), tally)


def profile_of(person: Person) -> dict[str, Any]:
    """Return the user that Okta pushes of somebody."""
    return {
        "schemas": [USER],
        "userName": person.user_name,
        "name": {"givenName": "Ada", "familyName": person.family_name},
        "emails": [{"primary": True, "value": person.email, "type": "work"}],
        "displayName": person.display_name,
        "externalId": person.user_name,
        "active": person.active,
    }
