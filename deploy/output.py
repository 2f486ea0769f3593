"""How does a command answer? A table for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import rich
import typer
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]


def show_rows(rows: Sequence[Row], columns: Sequence[str], *, as_json: bool) -> None:
    """Print rows: all that they hold as a JSON list, or the given columns as a table."""
    if as_json:
        print_json(list(rows))
        return
    table = Table(*(column.replace("_", " ") for column in columns))
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    rich.print(table)


def show_row(row: Row, *, as_json: bool) -> None:
    """Print one thing: as a JSON object, or a line for each of its fields."""
    if as_json:
        print_json(row)
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        typer.echo(f"{name.replace('_', ' '):<{width}}  {_cell(value)}")


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
