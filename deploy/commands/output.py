"""How does a command answer? It prints a table for people, or JSON for programs."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from re import Match
from re import compile as compiled
from typing import Any

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.clock import instant_of
from deploy.commands.visible_text import visible

Row = Mapping[str, Any]

NONE = "none"

UNBOUNDED = 1_000_000
"""A width in characters that no table reaches."""

NOT_PRINTED = compiled(r"[^\n -~]")
"""The characters of JSON that may have to be escaped; between its strings, it has ends of lines."""

MOST_IN_A_TABLE = 1_000
"""The rows of a table with borders, which takes half a millisecond of the processor for each."""

STYLES = {
    "failed": "red",
    "left": "red",
    "orphaned": "red",
    "tampered": "red",
    "missing": "yellow",
    "refused": "yellow",
    "stale": "yellow",
    "held": "cyan",
}
"""The colours at a terminal of words that ask for somebody's attention."""


def show_rows(
    rows: Sequence[Row], columns: Sequence[str], *, as_json: bool, if_none: str = NONE
) -> None:
    """Print rows, whole as a JSON list, or the given columns as a table.

    :param if_none: the text in place of an empty table.
    """
    if as_json:
        print_json(list(rows))
        return
    print_rows(Console(), rows, columns, if_none)


def print_rows(
    console: Console, rows: Sequence[Row], columns: Sequence[str], if_none: str = NONE
) -> None:
    """Print a table, or a paragraph for each row if the terminal is too narrow.

    Values are never cut or broken, so that they can be copied. A pipe gets the table as wide as it
    is. A long table has no borders.
    """
    if not rows:
        console.print(if_none, soft_wrap=True, markup=False, highlight=False)
        return
    if len(rows) > MOST_IN_A_TABLE:
        _print_plainly(console, rows, columns)
        return
    table = Table()
    for column in columns:
        table.add_column(column.replace("_", " "), no_wrap=True)
    for row in rows:
        table.add_row(*(_styled(_cell(row.get(column))) for column in columns))
    needed = console.measure(table, options=console.options.update(width=UNBOUNDED)).maximum
    if not console.is_terminal:
        console.width = needed
    if needed <= console.width:
        console.print(table)
        return
    for row in rows:
        lines = _lines({column: row.get(column) for column in columns})
        console.print(
            *lines, "", sep="\n", soft_wrap=True, markup=False, emoji=False, highlight=False
        )


def _print_plainly(console: Console, rows: Sequence[Row], columns: Sequence[str]) -> None:
    heads = [column.replace("_", " ") for column in columns]
    lines = [heads, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    for cells in lines:
        padded = (set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True))
        console.file.write("  ".join(padded).rstrip() + "\n")


def show_row(row: Row, *, as_json: bool) -> None:
    """Print one row, as a JSON object or as a line for each of its fields."""
    if as_json:
        print_json(row)
        return
    for name, line in zip(row, _lines(row), strict=True):
        colour = STYLES.get(name) if row[name] else None
        typer.echo(typer.style(line, fg=colour))  # without colours in a pipe


def with_times(row: Row, *names: str) -> dict[str, Any]:
    """Return a row with the named times in ISO 8601, in place of microseconds; None stays None."""
    return {
        name: instant_of(value).isoformat(timespec="seconds")
        if name in names and value is not None
        else value
        for name, value in row.items()
    }


def print_json(value: Any) -> None:
    """Print JSON, with characters beyond ASCII unescaped as far as they are printable."""
    typer.echo(_json(value, indent=2))


async def print_json_pages(pages: AsyncIterator[Sequence[Row]]) -> None:
    """Print pages of rows as one JSON list, a row on a line, and keep none of them in memory."""
    before = "["
    async for page in pages:
        for row in page:
            typer.echo(f"{before}\n  {_json(row)}", nl=False)
            before = ","
    typer.echo("[]" if before == "[" else "\n]")


def _json(value: Any, indent: int | None = None) -> str:
    """Return JSON without any character that a terminal obeys; those are in strings alone."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return NOT_PRINTED.sub(_escaped, text)


def _escaped(found: Match[str]) -> str:
    sign = found.group()
    if sign == "\x7f":  # which JSON does not escape
        return "\\u007f"
    return sign if sign.isprintable() else json.dumps(sign)[1:-1]


def _lines(row: Row) -> list[str]:
    width = max(len(name) for name in row)
    return [
        f"{visible(name.replace('_', ' ')):<{width}}  {_cell(value)}" for name, value in row.items()
    ]


def _styled(cell: str) -> Text:
    return Text(cell, style=STYLES.get(cell, ""))


def _cell(value: Any) -> str:
    return visible(_text(value))


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)
