"""Do the guide's commands for one process work as they stand?"""

import subprocess
import sys
from pathlib import Path

from tests.drivers.muster_process import MUSTER
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

    def call(*command: str) -> str:
        done = subprocess.run(  # noqa: S603  # our own commands
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call(*MUSTER, "policies", "add", "acme", "Office")
    call("bash", "-eu", "-c", commands_for("run"))
    assert "Office" in call(*MUSTER, "policies", "list", "acme")
    assert {path.name for path in (tmp_path / "backup").iterdir()} == {
        "directory.sqlite3",
        "downstream.sqlite3",
    }
