"""How does ``muster demo`` play its story? It sends SCIM over HTTP, on temporary databases."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from tempfile import TemporaryDirectory
from typing import Any

import typer

from api.admin.connections import Credentials
from contracts.rules import Portal, Role
from deploy.administration import administration_of
from deploy.databases.migrations import migrate
from deploy.databases.open_databases import Databases, open_databases
from deploy.demo.story import (
    START,
    STORY,
    STORY_DEVICES,
    STORY_OWNER,
    STORY_RULES,
    STORY_WORKSPACE,
    Assign,
    Push,
    Step,
    lines,
)
from deploy.demo.workspace import switch_on
from deploy.http.server import bind_api, url_of
from deploy.logs import set_up_logs
from deploy.processes.background_tasks import running_in_background
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.processes.single_process import run_everything
from deploy.settings import Settings, read_settings
from worker.platforms.sql.inventory import Inventory

PATIENCE_SECONDS = 10
"""Seconds that the changes of a step may take downstream. They take a few hundredths of one."""


class StoryWentWrong(Exception):
    """The accounts or devices downstream are not those that the story expects."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo() -> None:
    """Tell a joiner-mover-leaver story in requests of Okta, and check its effects downstream.

    Example: muster demo
    """
    with TemporaryDirectory(prefix="muster-demo-") as folder:
        settings = read_settings(
            directory_database_url=f"sqlite:///{folder}/directory.sqlite3",
            downstream_database_url=f"sqlite:///{folder}/downstream.sqlite3",
            broker_url="",
            public_url="",
            host="127.0.0.1",
            port=0,
            log_level="error",
        )
        set_up_logs(settings)
        try:
            asyncio.run(_tell(settings))
        except StoryWentWrong as wrong:
            typer.echo(f"\nThe story went wrong: {wrong}")
            raise typer.Exit(1) from None
    typer.echo("\nThe story went as told.")


async def _tell(settings: Settings) -> None:
    with bind_api(settings) as listener:
        settings = settings.model_copy(update={"public_url": url_of(listener)})
        async with open_databases(settings) as databases:
            await migrate(databases)
            teller = _Teller(databases, await _set_the_stage(databases, settings))
            async with running_in_background(
                lambda stop: run_everything(
                    settings, listener, databases, OperatorEndpoints(), stop
                )
            ):
                for number, step in enumerate(STORY, start=1):
                    await teller.tell(number, step)


async def _set_the_stage(databases: Databases, settings: Settings) -> Mapping[Portal, Credentials]:
    inventory = Inventory(databases.downstream)
    await inventory.accounts.add(STORY_WORKSPACE, Portal.DASHBOARD, STORY_OWNER, role=Role.ADMIN)
    for serial in STORY_DEVICES:
        await inventory.devices.add(STORY_WORKSPACE, serial)
    it = administration_of(databases, settings)
    return {
        portal: await switch_on(it, STORY_WORKSPACE, rules) for portal, rules in STORY_RULES.items()
    }


@dataclass(slots=True)
class _Teller:
    """Plays the steps of the story, and compares the state downstream with the expected one."""

    databases: Databases
    connections: Mapping[Portal, Credentials]
    state: Counter[str] = field(default_factory=lambda: Counter(START))
    ids: dict[Portal, dict[str, str]] = field(
        default_factory=lambda: {portal: {} for portal in Portal}
    )

    async def tell(self, number: int, step: Step) -> None:
        typer.echo(f"\n{number}. {step.title}")
        for act in step.acts:
            await self._act(act)
        self.state = self.state - Counter(step.gone) + Counter(step.new)
        await self._wait_for_downstream()
        for line in step.gone:
            typer.echo(f"     - {line}")
        for line in step.new:
            typer.echo(f"     + {line}")

    async def _act(self, act: Push | Assign) -> None:
        if isinstance(act, Assign):
            typer.echo(f"   muster devices assign {STORY_WORKSPACE} {act.serial} {act.email}")
            await Inventory(self.databases.downstream).devices.assign(
                STORY_WORKSPACE, act.serial, act.email
            )
            return
        for portal in act.portals:
            await self._push(act, portal)

    async def _push(self, push: Push, portal: Portal) -> None:
        known = self.ids[portal]
        path = _filled(push.path, known)
        body = None if push.body is None else _filled(json.dumps(push.body), known)
        typer.echo(f"   {portal:<10} {push.method} {path} {body or ''}")
        request = urllib.request.Request(  # noqa: S310  # the URL of our own server
            self.connections[portal].base_url + path,
            data=None if body is None else body.encode(),
            method=push.method,
            headers={
                "Authorization": f"Bearer {self.connections[portal].token}",
                "Content-Type": "application/scim+json",
            },
        )
        status, answer = await asyncio.to_thread(_send, request)
        if status >= HTTPStatus.BAD_REQUEST:
            raise StoryWentWrong(f"{push.method} {path} was answered {status}")
        if push.method == "POST":
            known["user" if push.path == "/Users" else "group"] = answer["id"]

    async def _wait_for_downstream(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := await self._found()) != self.state:
            if time.monotonic() > deadline:
                missing, extra = self.state - found, found - self.state
                raise StoryWentWrong(f"missing {sorted(missing)}, not in the story {sorted(extra)}")
            await asyncio.sleep(0.02)

    async def _found(self) -> Counter[str]:
        inventory = Inventory(self.databases.downstream)
        accounts = [each async for each in inventory.accounts.of_workspace(STORY_WORKSPACE)]
        devices = [each async for each in inventory.devices.of_workspace(STORY_WORKSPACE)]
        return Counter(lines(accounts, devices))


def _filled(text: str, ids: Mapping[str, str]) -> str:
    for name, value in ids.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _send(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310
            text = response.read()
            return response.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, None
