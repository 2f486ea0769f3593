"""How is a list printed that may be long? It is JSON row by row, or a table for each page."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from rich.console import Console

from deploy.commands.output import NONE, Row, print_json_pages, print_rows

T = TypeVar("T")

ROWS_AT_ONCE = 500
"""Rows of a page."""


async def stream_rows(
    pages: AsyncIterator[Sequence[Row]],
    columns: Sequence[str],
    *,
    as_json: bool,
    if_none: str = NONE,
) -> None:
    """Print pages of rows as they come, so that a list of any length takes little memory.

    The JSON is one list. Nothing is printed before the first page is there, so that a mistake is
    answered by its error alone.

    :param if_none: the text in place of an empty table.
    """
    if as_json:
        await print_json_pages(pages)
        return
    console, is_first = Console(), True
    async for rows in pages:
        if rows or is_first:
            print_rows(console, rows, columns, if_none)
        is_first = False


async def pages_of(
    found: AsyncIterator[T], row_of: Callable[[T], Row], size: int = ROWS_AT_ONCE
) -> AsyncIterator[Sequence[Row]]:
    """Yield the rows of a list in pages; an empty list is one empty page."""
    rows: list[Row] = []
    is_first = True
    async for each in found:
        rows.append(row_of(each))
        if len(rows) == size:
            yield rows
            rows, is_first = [], False
    if rows or is_first:
        yield rows
