"""Is Muster's image built, and content with what little compose.yaml leaves it?"""

import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy.release.image import REVISION, VERSION, labels_of
from deploy.release.places import PROJECT
from tests.conftest import SETTINGS

ROOT = Path(__file__).parents[2]
IMAGE = "muster-test/muster"
CONFINED = (
    "run", "--rm", "--read-only", "--tmpfs", "/tmp",  # noqa: S108  # of the container
    "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none",
)  # fmt: skip
"""As compose.yaml runs it, and without any network: what it needs is inside."""


ON_FILES = (
    *("--env", "MUSTER_DIRECTORY_DATABASE_URL=sqlite:////tmp/directory.sqlite3"),
    *("--env", "MUSTER_DOWNSTREAM_DATABASE_URL=sqlite:////tmp/downstream.sqlite3"),
)


def ask(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        ["docker", *arguments],  # noqa: S607  # wherever it is installed
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def docker(*arguments: str) -> str:
    done = ask(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def building(pytestconfig: pytest.Config) -> tuple[str, ...]:
    base = pytestconfig.stash[SETTINGS].python_image
    file = ("--file", "deploy/Dockerfile", "--build-arg", f"BASE={base}")
    return ("build", "--network", "host", *file, "--build-arg", "REVISION=abcdef")


@pytest.fixture(scope="module")
def image(building: tuple[str, ...]) -> str:
    docker(*building, "--tag", IMAGE, ".")
    return IMAGE


def test_the_command_runs_with_nothing_to_write_to(image: str) -> None:
    assert "muster [OPTIONS] COMMAND" in docker(*CONFINED, image, "--help")


def test_it_runs_one_process_that_keeps_its_databases_where_it_may_write(image: str) -> None:
    begin = ("connections", "create", "acme", "store", "--json")
    assert '"token"' in docker(*CONFINED, *ON_FILES, image, *begin)


def test_it_runs_as_a_number_that_owns_nothing(image: str) -> None:
    user = docker("image", "inspect", "--format", "{{.Config.User}}", image)
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    owned = ("--entrypoint", "find", image, "/opt/muster", "!", "-user", "root")
    assert docker(*CONFINED, *owned) == ""


def test_no_start_compiles_what_it_loads(image: str) -> None:
    script = (
        "import sys, pathlib, importlib.util as found, deploy.commands.processes.api;"
        " files = [it.__file__ for it in sys.modules.values() if getattr(it, '__file__', None)];"
        " print(*(it for it in files if it.endswith('.py')"
        " and not pathlib.Path(found.cache_from_source(it)).exists()))"
    )
    assert docker(*CONFINED, "--entrypoint", "python", image, "-c", script) == ""


def test_nothing_can_be_installed_or_built_in_it(image: str) -> None:
    look = "for tool in gcc cc make; do command -v $tool; done; ls /opt/muster/bin"
    found = docker(*CONFINED, "--entrypoint", "sh", image, "-c", look).split()
    assert "muster" in found
    assert not {name for name in found if "pip" in name or "/" in name}


def test_its_labels_tell_version_and_commit_and_no_label_lies(
    image: str, building: tuple[str, ...]
) -> None:
    version = PROJECT.version_in((ROOT / PROJECT.path).read_text())
    labels = labels_of(image)
    assert (labels[VERSION], labels[REVISION]) == (version, "abcdef")
    assert docker(*CONFINED, image, "--version") == version
    refused = ask(*building, "--build-arg", "VERSION=0.0.1", ".")
    assert refused.returncode != 0
    assert f"VERSION is not that of pyproject.toml, {version}" in refused.stdout + refused.stderr


def test_it_is_healthy_while_a_process_of_muster_answers(image: str) -> None:
    soon = ("--health-interval", "1s", "--health-start-period", "4m", "--health-timeout", "1m")
    port = ("--env", "MUSTER_METRICS_PORT=9999")
    container = docker(*CONFINED, "--detach", *soon, *port, *ON_FILES, image, "run")
    try:
        judged = ("--filter", f"container={container}", "--filter", "event=health_status")
        with subprocess.Popen(  # noqa: S603
            ["docker", "events", "--since", "1", *judged, "--format", "{{.Action}}"],  # noqa: S607
            stdout=subprocess.PIPE,
            text=True,
        ) as events:
            assert events.stdout is not None
            assert events.stdout.readline() == "health_status: healthy\n"
            events.kill()
    finally:
        docker("kill", container)
    health = docker("image", "inspect", "--format", "{{json .Config.Healthcheck.Test}}", image)
    _, *python = json.loads(health)
    nobody = ask(*CONFINED, "--entrypoint", python[0], image, *python[1:])
    assert "ConnectionRefusedError" in nobody.stderr
