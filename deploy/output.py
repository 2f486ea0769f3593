"""How does a command answer? A table for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]

PIPED_WIDTH = 250
"""Columns where no terminal says how wide it is: nothing that somebody may copy is cut."""


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: all that they hold as a JSON list, or the given columns as a table."""
    if as_json:
        print_json(list(rows))
        return
    table = Table()
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(table)


def show_row(row: Row, *, as_json: bool) -> None:
    """Print one thing: as a JSON object, or a line for each of its fields."""
    if as_json:
        print_json(row)
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        typer.echo(f"{name.replace('_', ' '):<{width}}  {_cell(value)}")


def with_times(row: Row, *names: str) -> dict[str, Any]:
    """Return a row with times that people can read, in place of microseconds."""
    return {
        name: datetime.fromtimestamp(value / 1_000_000, UTC).isoformat(timespec="seconds")
        if name in names
        else value
        for name, value in row.items()
    }


def print_json(value: Any) -> None:
    """Print JSON with the characters as they are."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
