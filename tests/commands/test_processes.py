"""Does ``muster run`` start, introduce itself and stop as its users expect? As a real process."""

import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.drivers.muster_process import MUSTER, MusterProcess, free_port
from tests.servers.services import environment_with


@pytest.fixture
async def muster(tmp_path: Path) -> AsyncIterator[MusterProcess]:
    process = MusterProcess(tmp_path, free_port())
    yield process
    if process.process is not None and process.process.returncode is None:
        await process.kill()


async def test_the_first_run_introduces_a_demo_workspace_and_later_ones_their_base_urls(
    muster: MusterProcess,
) -> None:
    await muster.start("--demo")
    first = muster.printed()
    base_url = f"http://127.0.0.1:{muster.port}/scim/v2/demo-"
    for portal in ("dashboard", "store", "mdm"):
        assert base_url + portal in first
    assert first.count("token ") == 3
    assert f"curl -s {base_url}" in first
    assert len(muster.command("devices", "list", "demo")) == 12
    assert await muster.stop() == 0
    assert "Traceback" not in muster.printed()

    await muster.start("--demo")
    later = muster.printed()
    assert base_url + "mdm" in later
    assert "muster tokens rotate" in later
    assert "muster_" not in later, "a token is shown once"
    assert await muster.stop() == 0


def test_a_busy_port_is_one_line_and_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        muster = MusterProcess(tmp_path, port)
        done = subprocess.run(  # noqa: S603  # our own command
            [*MUSTER, "run"], env=muster.environment, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"muster: cannot listen on 127.0.0.1:{port}")
    assert "MUSTER_PORT" in line


def test_a_broker_that_cannot_be_reached_is_one_line() -> None:
    environment = environment_with(MUSTER_BROKER_URL="amqp://ada:secret@127.0.0.1:1/")
    done = subprocess.run(  # noqa: S603  # our own command
        [*MUSTER, "topology", "apply"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line[:8]) == (2, "muster: ")
    assert "MUSTER_BROKER_URL" in line
    assert "secret" not in line


def test_the_demo_story_goes_as_told() -> None:
    done = subprocess.run(  # noqa: S603  # our own command
        [*MUSTER, "demo"], env=environment_with(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("The story went as told.\n")
    assert "+ dashboard  ada.quill@example.com, viewer" in done.stdout
    assert done.stderr == ""
