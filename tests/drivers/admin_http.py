"""How do tests talk to the admin API? Over HTTP against create_admin_app, as several actors."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from fastapi import FastAPI

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.admins import NewAdmin, create_admin
from api.admin.connections import create_connection
from api.admin.examination import Examination
from api.admin.http.gate import PREFIX
from api.admin_app import create_admin_app
from api.directory.dialects import DirectoryDatabase
from contracts.clock import Clock, now
from contracts.rules import CreateEmployee, RemoveEmployee, Rules, StoreRules
from tests.drivers.administration import GivenUp, Platform, States, administration_on
from tests.drivers.examinations import one_finding

ADMIN_URL = "https://admin.test"
OPERATOR_TOKEN = "operator-" + "o" * 32
RULES = StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())


@dataclass(frozen=True, slots=True)
class Administrator:
    """An actor of the admin API."""

    http: httpx2.AsyncClient

    async def send(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx2.Response:
        """Send a request to a path below the prefix."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, f"{PREFIX}{path}", json=body, headers=sent)

    async def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a path below the prefix."""
        answer = await self.http.get(f"{PREFIX}{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Return the JSON of a POST that is carried out."""
        answer = await self.send("POST", path, body, **headers)
        assert answer.is_success, answer.text
        return answer.json()


@dataclass(frozen=True, slots=True)
class AdminApi:
    """The admin API, with an operator and administrators of two workspaces, Acme and Other.

    Each workspace has a connection to the Store, ``acme-store`` and ``other-store``.
    """

    it: Administration
    app: FastAPI
    operator: Administrator
    owner: Administrator
    viewer: Administrator
    stranger: Administrator
    admins: Mapping[str, NewAdmin]
    platform: Platform
    changes: list[None] = field(default_factory=list)

    def as_bearer(self, token: str | None) -> Administrator:
        """Return the actor with a token, or with none."""
        return _with_token(self.app, token)


@asynccontextmanager
async def admin_api_on(
    directory: DirectoryDatabase,
    *,
    rules: Rules = RULES,
    states: States | None = None,
    failures: GivenUp | None = None,
    clock: Clock = now,
    served: Administration | None = None,
    operator_token: str | None = OPERATOR_TOKEN,
    examination: Examination = one_finding,
) -> AsyncIterator[AdminApi]:
    """Serve administrators, without a socket."""
    platform = Platform()
    it = served or administration_on(
        directory, platform=platform, states=states, failures=failures, clock=clock
    )
    for workspace in ("Acme", "Other"):
        await it.downstream.workspaces.ensure_workspace(workspace)
        await create_connection(directory, workspace, rules, clock())
    changes: list[None] = []
    app = create_admin_app(
        it,
        examination=examination,
        operator_token=operator_token,
        on_change=lambda: changes.append(None),
    )
    admins = {
        "owner": await create_admin(it, COMMAND, "Acme", "owner"),
        "viewer": await create_admin(it, COMMAND, "Acme", "viewer"),
        "stranger": await create_admin(it, COMMAND, "Other", "owner"),
    }
    clients = {name: _with_token(app, admin.token) for name, admin in admins.items()}
    operator = _with_token(app, OPERATOR_TOKEN)
    yield AdminApi(it, app, operator, **clients, admins=admins, platform=platform, changes=changes)


def _with_token(app: FastAPI, token: str | None) -> Administrator:
    headers: dict[bytes, bytes] = {}
    if token is not None:
        headers[b"Authorization"] = f"Bearer {token}".encode("latin-1")
    transport = httpx2.ASGITransport(app)
    return Administrator(
        httpx2.AsyncClient(transport=transport, base_url=ADMIN_URL, headers=headers)
    )
