"""Do the guide's commands for containers work as they stand, the fire drill included?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from tests.conftest import SETTINGS
from tests.drivers import installation as servers
from tests.drivers.lapsed_leases import lapsing_leases
from tests.end_to_end.compose import compose_for
from tests.readings.guide import commands_for, helpers_for
from tests.servers.services import environment_with

SHELL = ("bash", "-eux", "-c")
DRILL_SECONDS = 240
"""On a busy machine; half of it is usual."""

PRINTED = "printed.txt"


async def test_the_commands_for_containers_do_what_the_guide_says(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    with servers.installation(pytestconfig.stash[SETTINGS], folder, forked=True) as installation:
        await installation.command("migrate")
        await installation.command("topology", "apply")
        await installation.connect("acme", "store", "--on-create", "create-employee")
        async with compose_for(installation, tmp_path) as compose:
            await compose.up()
            environment = environment_with()
            environment["PATH"] = f"{compose.programs}:{environment['PATH']}"
            async with lapsing_leases(installation):  # the drill kills a relay
                ended = await run(commands_for("compose"), tmp_path, environment)
            assert ended == 0, printed(tmp_path)


UNREADABLE = """
SELECT count(*) FROM pg_tables
WHERE schemaname = 'public' AND NOT has_table_privilege(format('%I', tablename), 'SELECT')
"""
"""Tables that a role may not read; that of the directory reads downstream, for the sweep."""

DUMP = "compose exec -T postgres pg_dump --username=postgres --format=custom {0} > {0}.dump\n"


async def test_the_guide_goes_back_to_a_dump_of_before_an_upgrade(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    folder = tmp_path / "deploy"
    folder.mkdir()
    with servers.installation(pytestconfig.stash[SETTINGS], folder, forked=True) as installation:
        async with compose_for(installation, tmp_path) as compose:
            environment = environment_with()
            environment["PATH"] = f"{compose.programs}:{environment['PATH']}"
            for schema, side in ((DIRECTORY, "directory"), (DOWNSTREAM, "downstream")):
                url = installation.database_url(side)
                await _migrate(schema, url, "0001")
                commands = helpers_for("compose") + DUMP.format(side)
                assert await run(commands, tmp_path, environment) == 0, printed(tmp_path)
                await _migrate(schema, url, "head")
                commands = helpers_for("compose") + f"restore {side} < {side}.dump"
                assert await run(commands, tmp_path, environment) == 0, printed(tmp_path)
                assert await _applied(schema, url) == {"0001"}
        await installation.command("migrate")
        await installation.connect("acme", "store", "--on-create", "create-employee")
        url = installation.database_url("downstream", role="directory")
        async with _opened(url) as engine, engine.connect() as db:
            assert await db.scalar(text(UNREADABLE)) == 0


async def _migrate(schema: Schema, url: str, revision: str) -> None:
    async with _opened(url) as engine:
        await schema.migrate(engine, revision)


async def _applied(schema: Schema, url: str) -> set[str]:
    async with _opened(url) as engine, engine.connect() as db:
        return await db.run_sync(schema.applied)


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[AsyncEngine]:
    reading, writing = open_engines(url)
    yield writing
    for engine in (reading, writing):
        await engine.dispose()


async def run(commands: str, folder: Path, environment: dict[str, str]) -> int | None:
    """Run a script; return its exit status, or None where it took too long."""
    with (folder / PRINTED).open("wb") as output:
        shell = await asyncio.create_subprocess_exec(
            *SHELL,
            commands,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(DRILL_SECONDS):
                return await shell.wait()
        except TimeoutError:
            shell.kill()
            await shell.wait()
            return None


def printed(folder: Path) -> str:
    """Return each command with what it printed, as far as the script has come."""
    return (folder / PRINTED).read_text()
