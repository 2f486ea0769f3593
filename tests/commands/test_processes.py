"""Does ``muster run`` start, introduce itself and stop as its users expect? As a real process.

The first run is an interpreter of its own, which nothing but ``muster run`` has prepared.
"""

import json
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.drivers.forked_muster import ForkedInstallation, run_forked
from tests.drivers.muster_process import MusterProcess
from tests.servers.ports import free_port
from tests.servers.services import environment_with

CONSOLE = re.compile(r"http://127\.0\.0\.1:\d+/console/")


async def signs_in(printed: str) -> bool:
    """Return whether the printed token opens the printed console."""
    found = CONSOLE.search(printed)
    assert found
    token = printed[found.end() :].split()[1]
    async with httpx2.AsyncClient(base_url=found[0]) as http:
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


async def test_a_log_in_json_tells_the_whole_life_and_nothing_else_is_printed(
    tmp_path: Path,
) -> None:
    in_json = {"MUSTER_LOG_FORMAT": "json", "MUSTER_LOG_LEVEL": "info"}
    muster = ForkedInstallation(tmp_path, free_port(), more_settings=in_json)
    await muster.start()
    assert muster.process is not None
    muster.process.send_signal(signal.SIGTERM)
    assert await muster.process.wait() == 0
    told = {it["event"]: it for it in _lines_of(muster)}
    assert told.keys() - {"event_loop_held"} == {"started", "serving", "draining", "stopped"}
    started, stopped = told["started"], told["stopped"]
    assert started["part"] == "run"
    assert (started["pid"], started["transport"]) == (muster.process.pid, "embedded")
    assert started["directory"] == f"{tmp_path}/directory.sqlite3"
    assert told["serving"]["api"].endswith(str(muster.port))
    assert (told["draining"]["why"], stopped["why"]) == ("SIGTERM", "SIGTERM")
    assert stopped["drain_seconds"] > 0

    await muster.start()
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        muster.process.send_signal(number)  # it wakes up with two signals at once
    second = signal.Signals(await muster.process.wait() - 128)
    assert _lines_of(muster)[-1]["why"] == f"a second signal, {second.name}"


def _lines_of(muster: MusterProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in muster.printed().splitlines()]


@pytest.mark.parametrize(
    "part", ["api", "relay", "worker", "admin", "migrate", "reconcile", "topology apply"]
)
def test_a_part_that_cannot_begin_is_told_in_the_log(part: str) -> None:
    nowhere = "127.0.0.1:1"
    environment = environment_with(
        MUSTER_DIRECTORY_DATABASE_URL=f"postgresql://ada:secret@{nowhere}/people",
        MUSTER_DOWNSTREAM_DATABASE_URL=f"postgresql://ada:secret@{nowhere}/devices",
        MUSTER_BROKER_URL=f"amqp://ada:secret@{nowhere}/",
        MUSTER_PORT="0",
        MUSTER_ADMIN_PORT="0",
        MUSTER_METRICS_PORT="0",
        MUSTER_LOG_FORMAT="json",
    )
    done = run_forked(*part.split(), environment=environment)
    *lines, complaint = done.stderr.splitlines()
    started, stopped = map(json.loads, lines)
    assert (started["event"], started["part"]) == ("started", part)
    assert nowhere in started.get("downstream", started.get("broker"))
    assert (stopped["event"], stopped["part"], stopped["why"]) == ("stopped", part, "error")
    assert done.returncode != 0
    assert complaint.startswith("muster: ")
    assert "secret" not in done.stderr


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
