"""Is Muster's image built, and content with what little compose.yaml leaves it?"""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import SETTINGS

ROOT = Path(__file__).parents[2]
IMAGE = "muster-test/muster"
CONFINED = (
    "run", "--rm", "--read-only", "--tmpfs", "/tmp",  # noqa: S108  # of the container
    "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none",
)  # fmt: skip
"""As compose.yaml runs it, and without any network: what it needs is inside."""


def docker(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603
        ["docker", *arguments],  # noqa: S607  # wherever it is installed
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image(pytestconfig: pytest.Config) -> str:
    base = pytestconfig.stash[SETTINGS].python_image
    file = ("--file", "deploy/Dockerfile", "--build-arg", f"BASE={base}")
    docker("build", "--network", "host", *file, "--tag", IMAGE, ".")
    return IMAGE


def test_the_command_runs_with_nothing_to_write_to(image: str) -> None:
    assert "muster [OPTIONS] COMMAND" in docker(*CONFINED, image, "--help")


def test_it_runs_one_process_that_keeps_its_databases_where_it_may_write(image: str) -> None:
    folder = "sqlite:////tmp/directory.sqlite3", "sqlite:////tmp/downstream.sqlite3"
    settings = (
        *("--env", f"MUSTER_DIRECTORY_DATABASE_URL={folder[0]}"),
        *("--env", f"MUSTER_DOWNSTREAM_DATABASE_URL={folder[1]}"),
    )
    begin = ("connections", "create", "acme", "store", "--json")
    assert '"token"' in docker(*CONFINED, *settings, image, *begin)


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
