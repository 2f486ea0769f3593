"""What do the stories of the console run on? Real processes, of both kinds of installation."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from api.admin.http.gate import PREFIX
from api.console.application import PREFIX as PREFIX_OF_CONSOLE
from deploy.database_urls import async_url
from tests.drivers.forked_muster import ForkedInstallation
from tests.drivers.installation import Installation
from tests.drivers.okta import App, Tally, app_for
from tests.servers.ports import free_port

SPOILED = (
    """
    CREATE TRIGGER spoiling BEFORE INSERT ON accounts WHEN NEW.email LIKE '{beginning}%'
    BEGIN SELECT RAISE(ABORT, 'spoiled'); END
    """,
)
HEALED = ("DROP TRIGGER spoiling",)
SPOILED_POSTGRES = (
    """
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'spoiled' USING ERRCODE = '22023'; END $$
    """,
    """
    CREATE TRIGGER spoiling BEFORE INSERT ON accounts FOR EACH ROW
    WHEN (NEW.email LIKE '{beginning}%') EXECUTE FUNCTION spoil()
    """,
)
HEALED_POSTGRES = ("DROP TRIGGER spoiling ON accounts", "DROP FUNCTION spoil()")

OPERATOR_TOKEN = "operator-" + "o" * 32


@dataclass(frozen=True, slots=True)
class ServedMuster:
    """An installation with a console, in the hands of its operator."""

    api: str
    admin: str
    directory_url: str
    downstream_url: str
    http: httpx2.AsyncClient
    """Reaches the admin API as the operator."""

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the admin API for something, which it does."""
        answer = await self.http.request(method, f"{PREFIX}{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def switched_on(self, workspace: str, portal: str, **choices: Any) -> dict[str, Any]:
        """Switch SCIM on for a portal; return what the provider is told."""
        wanted = {"workspace": workspace, "portal": portal, "new_workspace": True}
        opened: dict[str, Any] = await self.send("POST", "/connections", wanted | choices)
        return opened

    async def owner_of(self, workspace: str) -> str:
        """Return the token of a new owner of a workspace."""
        wanted = {"workspace": workspace, "role": "owner"}
        return str((await self.send("POST", "/admins", wanted))["token"])

    @asynccontextmanager
    async def provider(
        self, opened: dict[str, Any], workspace: str, portal: str
    ) -> AsyncIterator[App]:
        """Set up an app of a provider with what it was told."""
        async with app_for(opened, workspace, portal, [self.api], Tally()) as app:
            yield app

    def path_of(self, link: str) -> str:
        """Return the path of a link to the console, below the console's own."""
        return link.partition(PREFIX_OF_CONSOLE)[2]

    @asynccontextmanager
    async def spoiled(self, beginning: str) -> AsyncIterator[None]:
        """Let downstream make no account for addresses with a beginning."""
        is_postgres = self.downstream_url.startswith("postgresql")
        spoil, heal = (SPOILED_POSTGRES, HEALED_POSTGRES) if is_postgres else (SPOILED, HEALED)
        for statement in spoil:
            await self.downstream(statement.format(beginning=beginning))
        try:
            yield
        finally:
            for statement in heal:
                await self.downstream(statement)

    async def in_directory(self, statement: str, **values: Any) -> None:
        """Do something to the directory behind Muster's back."""
        await _execute(self.directory_url, statement, values)

    async def downstream(self, statement: str, **values: Any) -> None:
        """Do something to downstream behind Muster's back."""
        await _execute(self.downstream_url, statement, values)


async def _execute(url: str, statement: str, values: dict[str, Any]) -> None:
    engine = create_async_engine(async_url(url))
    async with engine.begin() as db:
        await db.execute(text(statement), values)
    await engine.dispose()


@asynccontextmanager
async def as_single_process(folder: Path, *options: str) -> AsyncIterator[ServedMuster]:
    """Run everything in one process, on SQLite and without a broker."""
    api, admin = free_port(), free_port()
    origin, admin_origin = (f"http://127.0.0.1:{port}" for port in (api, admin))
    settings = {
        "MUSTER_ADMIN_PORT": str(admin),
        "MUSTER_ADMIN_TOKEN": OPERATOR_TOKEN,
        "MUSTER_PUBLIC_URL": origin,
    }
    running = ForkedInstallation(folder, api, more_settings=settings)
    await running.start(*options)
    try:
        async with _operator(admin_origin) as http:
            yield ServedMuster(origin, admin_origin, running.urls[0], running.urls[1], http)
    finally:
        assert await running.stop() == 0, running.printed()


@asynccontextmanager
async def as_parts(installation: Installation) -> AsyncIterator[ServedMuster]:
    """Run a process of each part, on PostgreSQL and RabbitMQ."""
    async with AsyncExitStack() as running:
        told = {"MUSTER_ADMIN_TOKEN": OPERATOR_TOKEN}
        [api] = await running.enter_async_context(replace(installation, more_settings=told).apis(1))
        served = replace(installation, more_settings=told | {"MUSTER_PUBLIC_URL": api})
        await running.enter_async_context(served.workers(1))
        admin = await running.enter_async_context(served.admin())
        http = await running.enter_async_context(_operator(admin))
        urls = [installation.database_url(side) for side in ("directory", "downstream")]
        yield ServedMuster(api, admin, urls[0], urls[1], http)


def _operator(origin: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=origin, headers={"Authorization": f"Bearer {OPERATOR_TOKEN}"}, timeout=30
    )
