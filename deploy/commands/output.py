"""How does a command answer? It prints a table for people, or JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.clock import instant_of

Row = Mapping[str, Any]

UNBOUNDED = 1_000_000
"""A width in characters that no table reaches."""


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows, whole as a JSON list, or the given columns as a table."""
    if as_json:
        print_json(list(rows))
        return
    print_rows(Console(), rows, columns)


def print_rows(console: Console, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print a table, or a paragraph for each row if the terminal is too narrow.

    Values are never cut or broken, so that they can be copied. A pipe gets the table as wide as it
    is.
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
    """Print one row, as a JSON object or as a line for each of its fields."""
    if as_json:
        print_json(row)
        return
    for line in _lines(row):
        typer.echo(line)


def with_times(row: Row, *names: str) -> dict[str, Any]:
    """Return a row with the named times in ISO 8601, in place of microseconds; None stays None."""
    return {
        name: instant_of(value).isoformat(timespec="seconds")
        if name in names and value is not None
        else value
        for name, value in row.items()
    }


def print_json(value: Any) -> None:
    """Print JSON, with characters beyond ASCII unescaped."""
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
