"""How does an app push that cannot know whether its pushes arrived? It looks, and pushes again."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle, zip_longest
from typing import Any

import httpx2

from tests.drivers.in_process import BULK, GROUP, PATCH
from tests.drivers.okta import App, Person, Tally, profile_of

NOT_TRIED = {"status": "503"}
"""What is meant where the answer to a bulk request ends early: the database went away."""

PAUSE = 0.05
"""Seconds before a request is sent again."""

ANSWER_SECONDS = 90
"""Longer than the api waits for a database, so that no request is given up that may still do
something."""


class Refused(Exception):
    """An answer that no fault explains."""


@dataclass(slots=True)
class PatientApp(App):
    """Pushes until it is acknowledged. What it holds of people is what was.

    A request without an answer, or with the answer that something is away, has an unknown outcome.
    A creation or deletion that is repeated finds out by the conflict, or by nothing being there;
    everything else changes nothing the second time.
    """

    counts: Counter[str] = field(default_factory=Counter)
    """``acknowledged``, ``unknown``, ``recovered``: unknown outcomes that had taken effect; and
    the writes by method and kind of resource."""
    versions: dict[str, str] = field(default_factory=dict)
    """The version of each user, by its path, as last acknowledged."""
    departed: list[Person] = field(default_factory=list)
    """Who was pushed, and is unknown to a directory that was restored from before."""

    # --- what Okta does not do, and others do -------------------------------------------------

    async def patch_profile(self, person: Person, *, family_name: str, email: str) -> None:
        """Change a name and an e-mail, and leave the rest."""
        operations = [
            {"op": "replace", "path": "name.familyName", "value": family_name},
            {"op": "replace", "path": "displayName", "value": f"Ada {family_name}"},
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": email},
        ]
        await self._send(
            "PATCH", f"/Users/{person.id}", {"schemas": [PATCH], "Operations": operations}
        )
        person.family_name, person.email = family_name, email

    async def add_members(self, group: str, people: Collection[Person]) -> None:
        """Put people into a group."""
        await self._patch(
            f"/Groups/{group}", {"op": "add", "path": "members", "value": _members(people)}
        )
        for person in people:
            person.groups.add(group)

    async def replace_group(self, group: str, name: str, people: Collection[Person]) -> None:
        """Replace the name and all members of a group."""
        body = {"schemas": [GROUP], "displayName": name, "members": _members(people)}
        await self._send("PUT", f"/Groups/{group}", body)
        self.groups[group] = name
        for person in self.people.values():
            person.groups.discard(group)
        for person in people:
            person.groups.add(group)

    async def push_together(self, joiners: Collection[str], mover: Person, leaver: Person) -> None:
        """Create some, move one and delete one in a bulk request."""
        people = [Person("", name, f"{name}@acme.test", "Joiner") for name in joiners]
        moved = Person(**{name: getattr(mover, name) for name in Person.__slots__})
        moved.family_name = "Bulk"
        operations: list[dict[str, Any]] = [
            *(
                {"method": "POST", "path": "/Users", "bulkId": it.user_name, "data": profile_of(it)}
                for it in people
            ),
            {"method": "PUT", "path": f"/Users/{mover.id}", "data": profile_of(moved)},
            {"method": "DELETE", "path": f"/Users/{leaver.id}"},
        ]
        # One by one, whatever is not acknowledged: some may be, and others not.
        answered = await self._send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
        answers = zip_longest(operations, answered["Operations"], fillvalue=NOT_TRIED)
        for operation, answer in answers:
            made = await self._settle(operation, answer)
            if operation["method"] == "POST":
                person = next(it for it in people if it.user_name == operation["bulkId"])
                person.id = made
                self.people[made] = person
        mover.family_name = moved.family_name
        self.versions.pop(f"/Users/{mover.id}", None)
        leaver.deleted = True
        leaver.groups.clear()

    async def _settle(self, operation: dict[str, Any], answer: dict[str, Any]) -> str:
        """See to it that an operation of a bulk request is done; return the id, if it has one."""
        status, method, path = int(answer["status"]), operation["method"], operation["path"]
        if status < 300:
            return str(answer.get("location", "")).rpartition("/")[2]
        if status >= 500:
            made = await self._send(method, path, operation.get("data"), doubtful=True)
            return str((made or {}).get("id", ""))
        if method == "POST" and status == 409:  # the request had been sent before
            self.counts["recovered"] += 1
            return str((await self._found(path, operation["data"]))["id"])
        if method == "DELETE" and status == 404:
            self.counts["recovered"] += 1
            return ""
        raise Refused(f"{method} {path}: {answer}")

    async def push_again(self, person: Person) -> None:
        """Create somebody whom a directory has forgotten, as they are now."""
        again = Person("", person.user_name, person.email, person.family_name)
        again.id = (await self._send("POST", "/Users", profile_of(again)))["id"]
        self.people[again.id] = again

    # --- requests -----------------------------------------------------------------------------

    async def _send(
        self, method: str, path: str, body: Any = None, *, doubtful: bool = False
    ) -> Any:
        """Send a request until it is acknowledged, or known to have taken effect.

        :param doubtful: whether it has been sent before, and nobody knows what became of it.
        """
        while True:
            answer = await self._ask(method, path, body)
            if answer is not None and answer.status_code < 500:
                return await self._acknowledged(method, path, body, answer, doubtful=doubtful)
            doubtful = True
            self.counts["unknown"] += 1
            if method in ("PUT", "PATCH") and (found := await self._has_changed(path)):
                self.counts["recovered"] += 1
                return self._note(method, path, found)
            await asyncio.sleep(PAUSE)

    async def _ask(self, method: str, path: str, body: Any = None) -> httpx2.Response | None:
        """Send a request until it is answered; None means that its outcome is unknown."""
        while True:
            try:
                return await self._request(method, path, body)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                await asyncio.sleep(PAUSE)  # it was not sent
            except httpx2.TransportError:
                return None

    async def _acknowledged(
        self, method: str, path: str, body: Any, answer: httpx2.Response, *, doubtful: bool
    ) -> Any:
        if answer.is_success:
            return self._note(method, path, answer)
        if doubtful and method == "POST" and answer.status_code == 409:
            self.counts["recovered"] += 1
            return await self._found(path, body)
        if doubtful and method == "DELETE" and answer.status_code == 404:
            self.counts["recovered"] += 1
            return None
        raise Refused(f"{method} {path}: {answer.status_code} {answer.text}")

    def _note(self, method: str, path: str, answer: httpx2.Response) -> Any:
        self.counts["acknowledged"] += 1
        self.counts[f"{method} {path.split('/')[1]}"] += 1
        shown = answer.json() if answer.content else None
        if shown and path.startswith("/Users"):
            self.versions[f"/Users/{shown['id']}"] = shown["meta"]["version"]
        return shown

    async def _has_changed(self, path: str) -> httpx2.Response | None:
        """Return a user that is not as it was; nobody else has changed it."""
        known = self.versions.get(path)
        if known is None:
            return None
        answer = await self._ask("GET", path)
        if answer is None or answer.status_code >= 500:
            return None
        if not answer.is_success:
            raise Refused(f"GET {path}: {answer.status_code} {answer.text}")
        return answer if answer.json()["meta"]["version"] != known else None

    async def _found(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return what a creation that was not acknowledged has made."""
        attribute = "userName" if path == "/Users" else "displayName"
        query = httpx2.QueryParams(filter=f'{attribute} eq "{body[attribute]}"')
        while True:
            answer = await self._ask("GET", f"{path}?{query}")
            if answer is not None and answer.is_success:
                [found] = answer.json()["Resources"]
                self.counts["acknowledged"] += 1
                if path == "/Users":
                    self.versions[f"/Users/{found['id']}"] = found["meta"]["version"]
                return dict(found)
            await asyncio.sleep(PAUSE)

    async def looked_up(self, user_name: str) -> float:
        """Look somebody up; return how many seconds the answer took."""
        begun = time.perf_counter()
        query = httpx2.QueryParams(filter=f'userName eq "{user_name}"')
        await self._ask("GET", f"/Users?{query}")
        return time.perf_counter() - begun

    async def listed(self, path: str) -> list[dict[str, Any]]:
        """Return all users or groups that the directory shows."""
        found: list[dict[str, Any]] = []
        while True:
            query = httpx2.QueryParams(startIndex=len(found) + 1, count=200)
            answer = await self._ask("GET", f"{path}?{query}")
            if answer is None or not answer.is_success:
                await asyncio.sleep(PAUSE)
                continue
            page = answer.json()
            found += page.get("Resources", [])
            if len(found) >= page["totalResults"] or not page.get("Resources"):
                return found


@asynccontextmanager
async def patient_app(
    told: Mapping[str, Any],
    workspace: str,
    portal: str,
    origins: Iterable[str],
    counts: Counter[str],
) -> AsyncIterator[PatientApp]:
    """Set an app up with what the provider of a connection is told."""
    async with httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {told['token']}"}, timeout=ANSWER_SECONDS
    ) as http:
        connection = told["connection"]
        yield PatientApp(
            connection, workspace, portal, http, cycle(origins), Tally(), counts=counts
        )


def _members(people: Collection[Person]) -> list[dict[str, str]]:
    return [{"value": person.id, "display": person.user_name} for person in people]
