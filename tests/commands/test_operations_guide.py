"""Do the guide's commands for one process work as they stand?"""

import subprocess
import sys
from pathlib import Path

from tests.drivers.forked_muster import run_forked
from tests.readings.guide import commands_for, places
from tests.servers.services import environment_with

ROOT = Path(__file__).parents[2]


def test_every_block_is_run_somewhere_or_only_shown() -> None:
    assert places() == {"", "run", "compose"}


def test_the_commands_for_one_process_back_its_databases_up_and_restore_them(
    tmp_path: Path,
) -> None:
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    environment = environment_with()

    def muster(*arguments: str) -> str:
        done = run_forked(*arguments, environment=environment, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    muster("policies", "add", "acme", "Office")
    done = subprocess.run(  # noqa: S603  # our own commands
        ["bash", "-eu", "-c", commands_for("run")],  # noqa: S607
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Office" in muster("policies", "list", "acme")
    assert {path.name for path in (tmp_path / "backup").iterdir()} == {
        "directory.sqlite3",
        "downstream.sqlite3",
    }
