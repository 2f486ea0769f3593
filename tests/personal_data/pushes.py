"""What can a provider send that is personal? Everything, in every place of every request."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx2

from tests.drivers.in_process import GROUP, PATCH, USER
from tests.personal_data.marks import FOREIGN_NAME, NAME, SECRET, email, personal

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ADMINS = f"Admins of {NAME}"
"""A group that is mapped to Admin, and named after somebody."""


@dataclass(slots=True)
class Provider:
    """An identity provider for one connection, who never spares a personal value."""

    http: httpx2.AsyncClient
    base_url: str
    token: str
    numbers: Iterator[int] = field(default_factory=count)

    async def send(
        self, method: str, path: str, body: Any = None, status: int = 200, **options: Any
    ) -> httpx2.Response:
        """Send a request that is answered with a status."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/scim+json",
            "X-Correlation-ID": f"{email('correlation')} {NAME}".encode("ascii", "ignore").decode(),
            "User-Agent": f"{NAME}-agent",
            "traceparent": f"00-{NAME}",
            **options.pop("headers", {}),
        }
        how = {"content": body} if isinstance(body, bytes | str) else {"json": body}
        answer = await self.http.request(
            method, f"{self.base_url}{path}", headers=headers, **how, **options
        )
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    async def user(self, place: str, **attributes: Any) -> str:
        """Create somebody and return the id."""
        answer = await self.send("POST", "/Users", user(place) | attributes, 201)
        return str(answer.json()["id"])

    async def group(self, name: str, *members: str) -> str:
        """Create a group and return its id."""
        shown = [{"value": member, "display": personal("display")} for member in members]
        body = {"schemas": [GROUP], "displayName": name, "members": shown}
        return str((await self.send("POST", "/Groups", body, 201)).json()["id"])

    async def patch(self, path: str, *operations: dict[str, Any], status: int = 200) -> None:
        """Send a PATCH."""
        await self.send("PATCH", path, {"schemas": [PATCH], "Operations": operations}, status)


def user(place: str) -> dict[str, Any]:
    """Return somebody of whom everything is known."""
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": f"{NAME}-user-{place}@{FOREIGN_NAME}.test",
        "externalId": personal(f"external-{place}"),
        "displayName": personal(f"display-{place}"),
        "nickName": personal("nick"),
        "password": personal("password"),
        "name": {"givenName": personal("given"), "familyName": personal(f"family-{place}")},
        "emails": [{"value": email(place), "primary": True, "type": "work"}],
        "phoneNumbers": [{"value": personal("phone"), "type": "mobile"}],
        "addresses": [{"streetAddress": personal("street"), "type": "home"}],
        "roles": [{"value": personal("role")}],
        ENTERPRISE: {"employeeNumber": personal("number"), "department": personal("department")},
        "urn:zebedee:quux:schema": {personal("key"): personal("value")},
        "active": True,
    }


# --- what is understood -------------------------------------------------------------------


async def push_people(provider: Provider) -> None:
    """Let people come, change and go, and push groups that are named after them."""
    one, other = await provider.user("one"), await provider.user("other")
    await provider.send("PUT", f"/Users/{one}", user("one") | {"title": personal("title")})
    await provider.patch(
        f"/Users/{one}",
        {"op": "replace", "path": "name.familyName", "value": personal("patched")},
        {"op": "add", "path": f'emails[value eq "{email("one")}"].display', "value": NAME},
        {"op": "replace", "value": {"displayName": personal("pathless"), personal("key"): NAME}},
    )
    group = await provider.group(personal("group"), one)
    await provider.patch(
        f"/Groups/{group}",
        {"op": "add", "path": "members", "value": [{"value": other, "display": NAME}]},
        {"op": "replace", "path": "displayName", "value": personal("renamed group")},
        {"op": "remove", "path": f'members[display eq "{NAME}"]'},
        status=204,
    )
    unknown = {"op": "add", "path": "members", "value": [{"value": NAME, "display": NAME}]}
    await provider.patch(f"/Groups/{group}", unknown, status=204)
    await provider.send("PUT", f"/Groups/{group}", {"schemas": [GROUP], "displayName": NAME})
    await provider.send("DELETE", f"/Groups/{group}", status=204)
    await provider.patch(f"/Users/{one}", {"op": "replace", "path": "active", "value": False})
    await provider.send("DELETE", f"/Users/{one}", status=204)
    await push_bulk(provider)


async def push_bulk(provider: Provider) -> None:
    """Send requests in one, of which some fail."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": NAME, "data": user("bulk")},
        {"method": "POST", "path": "/Users", "bulkId": f"{NAME}-2", "data": user("bulk")},
        {"method": "PATCH", "path": f"/Users/{NAME}", "data": {"schemas": [PATCH]}},
        {"method": "DELETE", "path": f"/Users/{quote(personal('bulk path'))}"},
        {"method": "PUT", "path": f"/Users/bulkId:{NAME}", "data": user("bulk") | {"active": NAME}},
    ]
    await provider.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
    await provider.send("POST", "/Bulk", {"schemas": [NAME], NAME: [NAME]}, 400)


async def look_up(provider: Provider) -> None:
    """Search for people in every way, and read pages of them."""
    for scim_filter in (
        f'userName eq "{user("other")["userName"]}"',
        f'emails[type eq "work" and value co "{NAME}"]',
        f'displayName sw "{personal("display")}" or externalId ew "{FOREIGN_NAME}"',
        f'meta.created gt "2011-01-01T00:00:00Z" and not (name.familyName co "{FOREIGN_NAME}")',
    ):
        where = {"filter": scim_filter, "sortBy": "name.familyName", "attributes": "userName"}
        await provider.send("GET", "/Users", params=where)
        await provider.send("POST", "/Users/.search", {"schemas": [SEARCH]} | where)
        await provider.send("POST", "/.search", {"schemas": [SEARCH], "filter": scim_filter})
    await provider.send("GET", "/Groups", params={"filter": f'displayName eq "{NAME}"'})
    where = {"cursor": "", "count": "1", "sortBy": "displayName"}
    page = (await provider.send("GET", "/Users", params=where)).json()
    await provider.send("GET", "/Users", params=where | {"cursor": page["nextCursor"]})


# --- what is refused ----------------------------------------------------------------------


async def push_nonsense(provider: Provider) -> None:
    """Send what has to be refused, for as many reasons as there are."""
    other = await provider.user("refused")
    endless = personal("endless") * 2_000
    for body in (
        f'{{"userName": "{NAME}", ',
        f'{{"userName": "{NAME}", "userName": "{FOREIGN_NAME}"}}',
        f'"{NAME}"',
        NAME.encode() + b"\xff\xfe",
        f'{{"userName": "{NAME}\\u0000"}}',
        f'{{"userName": "{NAME}\\ud800"}}',
        f'{{"schemas": ["{NAME}"]}}',
    ):
        await provider.send("POST", "/Users", body, 400)
    for wrong in (
        {"userName": {NAME: NAME}},
        {"userName": endless},
        {"active": personal("active")},
        {"emails": [{"value": email("endless") * 20}]},
        {"emails": personal("emails")},
        {"profileUrl": {NAME: 1}},
        {"name": [personal("name")]},
        {"x509Certificates": [{"value": personal("certificate")}]},
    ):
        await provider.send("POST", "/Users", user("wrong") | wrong, 400)
    await provider.send("POST", "/Users", user("refused"), 409)
    await provider.send("PUT", f"/Users/{other}", user("refused") | {"userName": [NAME, NAME]}, 400)
    for operation in (
        {"op": "replace", "path": personal("path"), "value": NAME},
        {"op": "replace", "path": f'emails[{NAME} eq "{NAME}"]', "value": NAME},
        {"op": NAME, "path": "displayName", "value": NAME},
        {"op": "replace", "path": "id", "value": NAME},
        {"op": "replace", "path": "displayName", "value": {NAME: NAME}},
        {"op": "replace", "path": "active", "value": NAME},
        {"op": "replace", "path": "title", "value": endless},
        {"op": "remove", "path": "userName", NAME: NAME},
    ):
        await provider.patch(f"/Users/{other}", operation, status=400)
    group = {"schemas": [GROUP], "displayName": NAME, "members": [{"value": {NAME: NAME}}]}
    await provider.send("POST", "/Groups", group, 400)
    for changed in ({"If-Match": f'W/"{NAME}"'}, {"If-Match": f'"{NAME}", W/"{NAME}"'}):
        await provider.send("PUT", f"/Users/{other}", user("refused"), 412, headers=changed)
    form = {"Content-Type": f"application/{NAME}"}
    await provider.send("POST", "/Users", f"userName={NAME}", 415, headers=form)


async def ask_nonsense(provider: Provider) -> None:
    """Ask for what is not there, or cannot be asked."""
    name = quote(personal("path"))
    for method in ("GET", "DELETE"):
        for path in (f"/Users/{name}", f"/Groups/{name}", f"/Users/{NAME}%00", f"/{name}/{name}"):
            await provider.send(method, path, status=404)
    await provider.send("PATCH", f"/Users/{name}", {"schemas": [PATCH], "Operations": []}, 404)
    await provider.send(NAME.upper(), "/Users", status=405)
    for asked in (
        {"filter": f'{NAME} eq "{NAME}"'},
        {"filter": f'userName eq "{NAME}'},
        {"filter": f'userName {NAME} "{NAME}"'},
        {"filter": f'userName eq "{NAME}\0"'},
        {"filter": f"active gt {NAME}"},
        {"cursor": personal("cursor")},
        {"count": personal("count")},
        {"sortBy": f"{NAME}..{NAME}"},
        {"attributes": "userName", "excludedAttributes": NAME},
        {"sortOrder": NAME, "sortBy": "userName"},
    ):
        await provider.send("GET", "/Users", params=asked, status=400)
        await provider.send("POST", "/Users/.search", {"schemas": [SEARCH]} | asked, 400)
    await _without_leave(provider)


async def _without_leave(provider: Provider) -> None:
    """Ask with tokens that open nothing, on connections that are none."""
    origin, _, _ = provider.base_url.partition("/scim/v2/")
    lower = NAME.lower()
    for authorization in (f"Bearer {SECRET}", f"Basic {SECRET}", SECRET, f"Bearer {NAME} {NAME}"):
        await provider.send("GET", "/Users", status=401, headers={"Authorization": authorization})
    for base in (
        lower,
        f"{lower}-store",
        quote(personal("connection")),
        f"a/{lower}",
        lower + "%00",
    ):
        stranger = Provider(provider.http, f"{origin}/scim/v2/{base}", provider.token)
        await stranger.send("GET", f"/Users/{NAME}", status=401)
        await stranger.send("POST", "/Users", user("stranger"), 401)
    await Provider(provider.http, f"{origin}/{lower}", "x").send("GET", f"/{NAME}", status=404)


# --- what is not HTTP ---------------------------------------------------------------------

BROKEN = (
    f"GET /scim/v2/{NAME}/Users?filter={NAME} HTTP/1.1\r\n{NAME} {NAME}\r\n\r\n",
    f"{NAME} {FOREIGN_NAME}\r\n\r\n",
    f"GET /{NAME} HTTP/1.1\r\nHost: x\r\nContent-Length: {NAME}\r\n\r\n",
    f"POST /scim/v2/{NAME}/Users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{NAME}",
    f"GET / HTTP/1.1\r\nHost: x\r\nX: {NAME * 10_000}\r\n\r\n",
    f"GET /{NAME} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: {NAME}\r\n\r\n",
)


async def speak_no_http(base_url: str) -> None:
    """Send what is no request, and hang up in the middle of one."""
    url = httpx2.URL(base_url)
    cut_short = f"POST {url.path}/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{{{NAME}"
    for sent in (*BROKEN, cut_short):
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(sent.encode())
        writer.write_eof()
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
