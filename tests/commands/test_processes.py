"""Does ``muster run`` start, introduce itself and stop as its users expect? As a real process.

The first run is an interpreter of its own, which nothing but ``muster run`` has prepared.
"""

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.drivers.forked_muster import ForkedInstallation, run_forked
from tests.drivers.muster_process import MusterProcess, free_port
from tests.servers.services import environment_with

CONSOLE = re.compile(r"http://127\.0\.0\.1:\d+/console/")


async def signs_in(printed: str) -> bool:
    """Return whether the printed token opens the printed console."""
    found = CONSOLE.search(printed)
    assert found
    token = printed[found.end() :].split()[1]
    async with httpx.AsyncClient(base_url=found[0]) as http:
        answer = await http.post("sign-in", data={"token": token})
        return (
            await http.get("workspace?workspace=demo")
        ).status_code == 200 and answer.is_redirect


@asynccontextmanager
async def running(muster: MusterProcess) -> AsyncIterator[MusterProcess]:
    """Run an installation with the demo workspace until it is stopped, which it takes well."""
    await muster.start("--demo")
    try:
        yield muster
        assert await muster.stop() == 0
    finally:
        assert muster.process is not None
        if muster.process.returncode is None:
            await muster.kill()
    assert "Traceback" not in muster.printed()


async def test_the_first_run_introduces_a_demo_workspace_and_later_ones_their_base_urls(
    tmp_path: Path,
) -> None:
    port = free_port()
    base_url = f"http://127.0.0.1:{port}/scim/v2/demo-"
    forks = ForkedInstallation(tmp_path, port)
    async with running(MusterProcess(tmp_path, port)) as muster:
        first = muster.printed()
        for portal in ("dashboard", "store", "mdm"):
            assert base_url + portal in first
        assert first.count("token ") == 4
        assert f"curl -s {base_url}" in first
        assert len(forks.command("devices", "list", "demo")) == 24
        assert await signs_in(first)

    async with running(forks) as muster:
        later = muster.printed()
        assert base_url + "mdm" in later
        assert "muster tokens create" in later
        assert "muster admins create demo --role owner" in later
        assert CONSOLE.search(later)
        assert "muster_" not in later, "a token is shown once"


def test_a_busy_port_is_one_line_and_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run_forked("run", environment=MusterProcess(tmp_path, port).environment)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"muster: cannot listen on 127.0.0.1:{port}")
    assert "MUSTER_PORT" in line


def test_a_broker_that_cannot_be_reached_is_one_line() -> None:
    environment = environment_with(MUSTER_BROKER_URL="amqp://ada:secret@127.0.0.1:1/")
    done = run_forked("topology", "apply", environment=environment)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line[:8]) == (2, "muster: ")
    assert "MUSTER_BROKER_URL" in line
    assert "secret" not in line


def test_the_demo_story_goes_as_told() -> None:
    done = run_forked("demo", environment=environment_with())
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("The story went as told.\n")
    assert "+ dashboard  ada.quill@example.com, viewer" in done.stdout
    assert done.stderr == ""
