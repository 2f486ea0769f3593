"""Is everything in the distribution? pyproject.toml lists the packages and files one by one."""

import tomllib
from fnmatch import fnmatch
from typing import Any

from deploy.compose_secrets import DEFINITIONS, ENVIRONMENT
from deploy.monitoring.documents import documents
from tests.architecture.source_files import PACKAGES, ROOT, python_files

ONLY_WRITE_FILES = ("deploy.monitoring.", "deploy.release.")
"""They need packages of the development environment. The files of the first are distributed."""


def distributed() -> dict[str, Any]:
    """Return what pyproject.toml says of the distribution."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings: dict[str, Any] = tomllib.load(file)["tool"]["setuptools"]
    return settings


def test_the_packages_listed_are_the_folders_with_code_that_runs() -> None:
    folders = {".".join(file.parent.parts) for file in python_files(*PACKAGES)}
    running = [it for it in folders if not f"{it}.".startswith(ONLY_WRITE_FILES)]
    assert distributed()["packages"] == sorted(running)


def test_the_files_that_are_written_are_distributed() -> None:
    patterns = distributed()["package-data"]["deploy"]
    files = {path for pattern in patterns for path in (ROOT / "deploy").glob(pattern)}
    folders = {path.parent for path in documents()}
    assert {path for path in files if path.parent in folders} == documents().keys()


def test_no_file_with_passwords_is_distributed() -> None:
    """``make secrets`` writes them beside those of compose.yaml."""
    patterns = distributed()["package-data"]["deploy"]
    assert not {it for it in patterns for made in (ENVIRONMENT, DEFINITIONS) if fnmatch(made, it)}


def test_every_package_says_what_it_is() -> None:
    folders = {file.parent for file in python_files(*PACKAGES)}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []
