"""What does a release say of a folder that is no clone? That git knows of no commit there."""

from pathlib import Path

import pytest

from deploy.release.check import examine
from deploy.release.commit import NoClone, Repository


def test_a_folder_without_a_clone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(NoClone, match=f"no commit in {tmp_path}: fatal: not a git repository"):
        examine(Repository(tmp_path), tmp_path)


def test_a_machine_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoClone, match="git is not installed"):
        Repository(tmp_path).revision()
