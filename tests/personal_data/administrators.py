"""What can an administrator ask that is personal? Names in paths, queries, bodies and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from tests.personal_data.installation import Installation
from tests.personal_data.marks import FOREIGN_NAME, NAME, SECRET, email, personal
from tests.personal_data.pushes import user

STORE, OTHER_STORE, DASHBOARD = (
    f"/connections/{it}" for it in ("acme-store", "acme-store-2", "acme-dashboard")
)
FIRST_REFUSAL = 400


@dataclass(slots=True)
class Administrator:
    """A client of the admin API, and what it was told of requests that were refused.

    Answers to others show people, as they are to; they are only returned.
    """

    http: httpx2.AsyncClient
    origin: str
    token: str
    problems: dict[str, str] = field(default_factory=dict)

    async def send(
        self, method: str, path: str, body: Any = None, status: int = 200, **options: Any
    ) -> httpx2.Response:
        """Send a request that is answered with a status."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "X-Correlation-ID": f"{NAME} {NAME}",
            "User-Agent": f"{NAME}-browser",
            **options.pop("headers", {}),
        }
        how = {"content": body} if isinstance(body, bytes | str) else {"json": body}
        answer = await self.http.request(
            method, f"{self.origin}/admin/v1{path}", headers=headers, **how, **options
        )
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        if status >= FIRST_REFUSAL:
            number = len(self.problems)
            self.problems[f"problem {number} of {answer.status_code}"] = answer.text
        return answer


async def administer(administrator: Administrator) -> None:
    """Look for people, change them and what they hold, and send what is wrong."""
    await look_for_people(administrator)
    await change_people(administrator)
    await repeat(administrator)
    await send_nonsense(administrator)
    await come_without_leave(administrator)


async def look_for_people(by: Administrator) -> None:
    """Find somebody by every name, and imagine what would be."""
    other = user("other")
    for name in (other["userName"], other["externalId"], email("other")):
        path = f"{STORE}/people/{quote(name, safe='')}"
        await by.send("GET", path)
        await by.send("GET", f"{path}/why")
        await by.send("POST", f"{STORE}/preview", {"deactivate": [name]})
        await by.send("GET", "/people", params={"search": name, "connection": "acme-store"})
    page = (await by.send("GET", "/people", params={"search": NAME, "limit": 1})).json()
    await by.send("GET", "/people", params={"search": NAME, "limit": 1, "cursor": page["next"]})
    of_acme = {"workspace": "acme"}
    await by.send("GET", "/accounts", params=of_acme | {"email": email("other")})
    await by.send("GET", "/devices", params=of_acme | {"serial": f"{NAME}-laptop-0"})
    await by.send("GET", "/devices", params=of_acme | {"assigned_to": email("holder-1")})
    await by.send("GET", "/conflicts", params=of_acme)


async def change_people(by: Administrator) -> None:
    """Lock somebody, give an address to another one, and make accounts and devices."""
    other = quote(user("other")["userName"], safe="")
    await by.send("POST", f"{STORE}/people/{quote(email('other'), safe='')}/lock")
    await by.send("POST", f"{STORE}/people/{other}/unlock")
    conflicts = (await by.send("GET", "/conflicts", params={"workspace": "acme"})).json()["items"]
    [conflict] = [it for it in conflicts if it["email"] == email("conflict")]
    move = f"/connections/{conflict['connection']}/conflicts/{conflict['identity']}/move"
    await by.send("POST", move, {"to": personal("no address")}, 400)
    await by.send("POST", move, {"to": email("conflict")}, 409)
    await by.send("POST", move, {"to": email("moved")})


async def repeat(by: Administrator) -> None:
    """Send what creates twice, under keys that are named after somebody."""
    account = {"workspace": "acme", "portal": "mdm", "email": email("by-http")}
    device = {
        "workspace": "acme",
        "serial": f"{NAME}-phone",
        "policy": "Quarantine",
        "assigned_to": email("by-http"),
    }
    for path, body in (("/accounts", account), ("/devices", device)):
        key = {"Idempotency-Key": f"{NAME}{path}@{NAME}.test"}
        first = await by.send("POST", path, body, 201, headers=key)
        again = await by.send("POST", path, body, 201, headers=key)
        assert again.json() == first.json()
        await by.send("POST", path, body | {"workspace": email("key")}, 422, headers=key)
        await by.send("POST", path, body, 409)
    key = {"Idempotency-Key": f"{NAME} {NAME}"}
    await by.send("POST", "/accounts", account, 400, headers=key)


async def send_nonsense(by: Administrator) -> None:
    """Send what has to be refused."""
    name = quote(personal("nobody"), safe="")
    address = quote(email("nobody"), safe="")
    for path, status in (
        (f"{STORE}/people/{name}", 404),
        (f"{STORE}/people/{address}/why", 404),
        (f"/connections/{address}/people/{name}", 404),
        (f"/connections/{address}/requests", 404),
        (f"{OTHER_STORE}/conflicts/{address}", 404),
        (f"/accounts/{address}?workspace=acme", 404),
        (f"/devices/{name}?workspace=acme", 404),
        (f"/accounts?workspace={address}", 404),
        (f"/people?state={name}", 422),
        (f"/people?cursor={name}", 400),
        (f"/people?limit={name}", 422),
        (f"{STORE}/requests?since={name}", 422),
        (f"/{name}", 404),
    ):
        await by.send("GET", path, status=status)
    for path, body, status in (
        (f"{STORE}/people/{address}/lock", None, 404),
        (f"{STORE}/people/{name}/unlock", None, 404),
        (f"{STORE}/preview", {"deactivate": [email("nobody"), personal("nobody")]}, 404),
        (f"{STORE}/preview", {"deactivate": email("nobody")}, 422),
        (f"{STORE}/preview", {personal("field"): email("value")}, 422),
        (f"{STORE}/preview", {"on_create": personal("rule")}, 400),
        (f"{STORE}/held/approve", {"identities": [email("nobody"), personal("nobody")]}, 409),
        (f"{STORE}/held/reject", {"identities": email("nobody")}, 422),
        (f"{STORE}/resync", {"identity": email("nobody")}, 404),
        ("/failures/retry", {"connection": email("nowhere"), "identity": email("nobody")}, 200),
        ("/failures/retry", {"connection": "acme-store", "identity": personal("nobody")}, 200),
        ("/accounts", {"workspace": "acme", "portal": "mdm", "email": personal("none")}, 400),
        ("/accounts", {"workspace": "acme", "portal": NAME, "email": {NAME: email("x")}}, 422),
        ("/accounts", {"workspace": email("new"), "portal": "mdm", "email": email("x")}, 409),
        ("/accounts", f'{{"email": "{email("cut")}"', 400),
        ("/accounts", NAME.encode() + b"\xff", 400),
        ("/devices", {"workspace": "acme", "serial": NAME, "policy": email("policy")}, 404),
        ("/devices", {"workspace": "acme", "serial": NAME, "assigned_to": email("none")}, 404),
        (f"{DASHBOARD}/rules/validate", {"group_map": [{"group": NAME, "role": "admin"}]}, 400),
        (f"{DASHBOARD}/rules/validate", {"role_map": [{"name": NAME, "role": NAME}]}, 422),
        (f"{STORE}/tokens", {"name": f"{NAME}\n{NAME}"}, 400),
    ):
        await by.send("POST", path, body, status)
    await by.send("PUT", f"{STORE}/brake", {"brake": personal("brake")}, 400)
    await by.send("DELETE", f"{STORE}/tokens/{SECRET}", status=404)
    await by.send("DELETE", f"/admins/{SECRET}", status=404)
    await by.send("DELETE", f"/policies/{address}?workspace=acme", status=404)
    await by.send(NAME.upper(), f"{STORE}/people/{name}", status=405)


async def come_without_leave(by: Administrator) -> None:
    """Ask with tokens that open nothing."""
    for authorization in (f"Bearer {SECRET}", f"Basic {SECRET}", SECRET, f"Bearer {NAME} {NAME}"):
        told = {"Authorization": authorization}
        await by.send("GET", f"{STORE}/people/{NAME}", status=401, headers=told)


WRONG_COMMANDS: Mapping[tuple[str, ...], int] = {
    ("people", "show", "acme-store", personal("nobody")): 2,
    ("people", "show", email("connection"), "acme-store"): 2,
    ("people", "show", "acme-store", NAME, FOREIGN_NAME): 2,
    ("people", "lock", "acme-store", email("nobody")): 2,
    ("people", "list", "--state", NAME): 2,
    ("people", "list", "--workspace", email("workspace")): 2,
    ("why", "acme-store", email("nobody")): 2,
    ("preview", "acme-store", "--deactivate", email("one of"), "--deactivate", NAME): 2,
    ("held", "approve", "acme-store", "--identity", email("nobody")): 2,
    ("resync", "acme-store", "--identity", email("nobody")): 2,
    ("reconcile", "--fix", "--identity", email("nobody")): 2,
    ("failures", "retry", "--connection", email("none"), "--identity", email("nobody")): 0,
    ("failures", "show", NAME): 2,
    ("requests", "acme-store", "--since", NAME): 2,
    ("accounts", "add", "acme", "mdm", personal("no address")): 2,
    ("accounts", "add", "acme", "mdm", email("by-http")): 2,
    ("accounts", "add", "acme", email("portal"), "mdm"): 2,
    ("accounts", "show", "acme", "mdm", email("nobody")): 2,
    ("devices", "add", "acme", f"{NAME}-phone"): 2,
    ("devices", "add", "acme", f"{NAME}-new", "--assigned-to", email("nobody")): 2,
    ("devices", "assign", "acme", email("serial"), email("nobody")): 2,
    ("conflicts", "show", "acme-store", email("nobody")): 2,
    ("conflicts", "move", "acme-store", email("nobody"), email("x")): 2,
    ("tokens", "revoke", "acme-store", SECRET): 2,
    ("admins", "revoke", SECRET): 2,
}
"""What goes wrong at the keyboard, and how it ends."""


async def mistype(installation: Installation) -> dict[str, str]:
    """Return what is printed where an operator gets a command wrong."""
    return {
        f"error of command {number}: {' '.join(command[:2])}": await installation.command(
            *command, status=status
        )
        for number, (command, status) in enumerate(WRONG_COMMANDS.items())
    }
