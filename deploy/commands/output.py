"""How does a command answer? A table for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]

UNBOUNDED = 1_000_000
"""Columns: more than any table has."""


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: all that they hold as a JSON list, or the given columns as a table."""
    if as_json:
        print_json(list(rows))
        return
    print_rows(Console(), rows, columns)


def print_rows(console: Console, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print a table, or where the terminal is too narrow for it, a paragraph for each row.

    Nothing is cut or broken that somebody may copy. What is piped is as wide as it has to be.
    """
    table = Table()
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=True)
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    needed = console.measure(table, options=console.options.update(width=UNBOUNDED)).maximum
    if not console.is_terminal:
        console.width = needed
    if needed <= console.width:
        console.print(table)
        return
    for row in rows:
        lines = _lines({column: row.get(column) for column in columns})
        console.print(*lines, "", sep="\n", soft_wrap=True, markup=False, highlight=False)


def show_row(row: Row, *, as_json: bool) -> None:
    """Print one thing: as a JSON object, or a line for each of its fields."""
    if as_json:
        print_json(row)
        return
    for line in _lines(row):
        typer.echo(line)


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


def _lines(row: Row) -> list[str]:
    width = max(len(name) for name in row)
    return [f"{name.replace('_', ' '):<{width}}  {_cell(value)}" for name, value in row.items()]


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
