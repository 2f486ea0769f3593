"""Do the guide's commands for containers work as they stand, the fire drill included?"""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import SETTINGS
from tests.drivers import installation as servers
from tests.end_to_end.compose import compose_for
from tests.readings.guide import commands_for
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
    with servers.installation(pytestconfig.stash[SETTINGS], folder) as installation:
        await installation.command("migrate")
        await installation.command("topology", "apply")
        await installation.connect("acme", "store", "--on-create", "create-employee")
        async with compose_for(installation, tmp_path) as compose:
            await compose.up()
            environment = environment_with()
            environment["PATH"] = f"{compose.programs}:{environment['PATH']}"
            assert await run(commands_for("compose"), tmp_path, environment) == 0, printed(tmp_path)


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
