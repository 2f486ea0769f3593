"""Is everything in the distribution? pyproject.toml lists the packages and files one by one."""

import tomllib
from typing import Any

from deploy.monitoring.documents import IN_CHART, documents
from tests.architecture.source_files import PACKAGES, ROOT, python_files

ONLY_WRITES_FILES = "deploy.monitoring"
"""Needs packages of the development environment. The files that it writes are distributed."""


def distributed() -> dict[str, Any]:
    """Return what pyproject.toml says of the distribution."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings: dict[str, Any] = tomllib.load(file)["tool"]["setuptools"]
    return settings


def test_the_packages_listed_are_the_folders_with_code_that_runs() -> None:
    folders = {".".join(file.parent.parts) for file in python_files(*PACKAGES)}
    running = [it for it in folders if not f"{it}.".startswith(f"{ONLY_WRITES_FILES}.")]
    assert distributed()["packages"] == sorted(running)


def test_the_files_that_are_written_are_distributed() -> None:
    patterns = distributed()["package-data"]["deploy"]
    files = {path for pattern in patterns for path in (ROOT / "deploy").glob(pattern)}
    assert files == {path for path in documents() if path.parent not in IN_CHART}


def test_every_package_says_what_it_is() -> None:
    folders = {file.parent for file in python_files(*PACKAGES)}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []
