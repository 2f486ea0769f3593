"""Which files is the architecture made of? Muster's packages, and the tests."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("api", "worker", "contracts", "deploy")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below some folders, relative to the root."""
    return [file.relative_to(ROOT) for folder in folders for file in (ROOT / folder).rglob("*.py")]


def imported_packages(file: Path) -> Iterator[str]:
    """Yield the top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
