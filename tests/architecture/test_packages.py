"""Is everything in the distribution? pyproject.toml lists the packages one by one."""

import tomllib

from tests.architecture.source_files import PACKAGES, ROOT, python_files


def test_the_packages_listed_are_the_folders_with_code() -> None:
    folders = {".".join(file.parent.parts) for file in python_files(*PACKAGES)}
    with (ROOT / "pyproject.toml").open("rb") as file:
        listed = tomllib.load(file)["tool"]["setuptools"]["packages"]
    assert listed == sorted(folders)


def test_every_package_says_what_it_is() -> None:
    folders = {file.parent for file in python_files(*PACKAGES)}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []
