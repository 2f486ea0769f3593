"""Do the guide's commands for one process work as they stand?

A program takes the place of ``muster``, which asks the test over a socket to fork the command: the
guide calls a dozen, and each would take a second to load what it needs.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.drivers.forked_muster import finished_fork
from tests.readings.guide import commands_for, places
from tests.servers.services import environment_with

PROGRAM = """\
#!{python} -IS
import json, socket, sys
asking = socket.socket(socket.AF_UNIX)
asking.connect({socket!r})
asking.sendall(json.dumps(sys.argv[1:]).encode())
asking.shutdown(socket.SHUT_WR)
status, printed, complaint = json.loads(asking.makefile().read())
sys.stdout.write(printed)
sys.stderr.write(complaint)
sys.exit(status)
"""


def test_every_block_is_run_somewhere_or_only_shown() -> None:
    assert places() == {"", "run", "compose"}


async def test_the_commands_for_one_process_back_its_databases_up_and_restore_them(
    tmp_path: Path,
) -> None:
    async with _programs(tmp_path):
        status, _, complaint = await _muster(tmp_path, "policies", "add", "acme", "Office")
        assert status == 0, complaint
        shell = await asyncio.create_subprocess_exec(
            *("bash", "-eu", "-c", commands_for("run")),
            cwd=tmp_path,
            env=environment_with(),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await shell.communicate()
        assert shell.returncode == 0, printed.decode()
        status, listed, _ = await _muster(tmp_path, "policies", "list", "acme")
    assert status == 0
    assert "Office" in listed
    assert {path.name for path in (tmp_path / "backup").iterdir()} == {
        "directory.sqlite3",
        "downstream.sqlite3",
    }


@asynccontextmanager
async def _programs(folder: Path) -> AsyncIterator[None]:
    """Put what the guide calls into a folder, where an installation has it."""
    asked = folder / "asked"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    program = programs / "muster"
    program.write_text(PROGRAM.format(python=sys.executable, socket=str(asked)))
    program.chmod(0o755)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = await _muster(folder, *json.loads(await reader.read()))
        writer.write(json.dumps(told).encode())
        writer.close()

    async with await asyncio.start_unix_server(answer, asked):
        yield


async def _muster(folder: Path, *arguments: str) -> tuple[int, str, str]:
    done = await finished_fork(*arguments, environment=environment_with(), folder=folder)
    return done.returncode, done.stdout, done.stderr
