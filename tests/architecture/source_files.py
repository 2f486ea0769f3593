"""Which files is the architecture made of? Muster's packages, and the tests."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "worker", "contracts", "deploy")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below some folders, relative to the root."""
    return [file.relative_to(ROOT) for folder in folders for file in (ROOT / folder).rglob("*.py")]


@cache
def imported_packages(file: Path) -> frozenset[str]:
    """Return the top-level packages that a file imports, wherever in it."""
    return frozenset(_imported(file))


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
