"""Where is a module tested? At its own path below tests, or where its package says."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source_files import PACKAGES, ROOT, python_files

NAMED = re.compile(r"``(tests/[\w/.]+)``")
UNTESTED = {"migrations", "versions", "monitoring", "tolerances"}
"""Folders whose modules are tested by what they write, or by the package around them."""

MODULES = [
    file
    for file in python_files(*PACKAGES)
    if file.name != "__init__.py" and not UNTESTED.intersection(file.parts)
]


def _tests_named_by(package: Path) -> list[str]:
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text()))
    return NAMED.findall(docstring or "")


def _has_its_own_test(module: Path) -> bool:
    mirrored = module.with_name(f"test_{module.name}")
    return any((ROOT / "tests" / kind / mirrored).exists() for kind in ("unit", "integration"))


@pytest.mark.parametrize("package", sorted({str(it.parent) for it in MODULES}))
def test_a_package_names_the_tests_of_modules_that_have_none_of_their_own(package: str) -> None:
    others = [it for it in MODULES if str(it.parent) == package and not _has_its_own_test(it)]
    assert _tests_named_by(Path(package)) or not others


def test_the_tests_that_packages_name_are_there() -> None:
    named = {path for file in python_files(*PACKAGES) for path in _tests_named_by(file.parent)}
    assert len(named) > 30
    assert [path for path in named if not (ROOT / path).exists()] == []
