"""How are figures shown? As Markdown tables, with what was aimed at and missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import typer


@dataclass(slots=True)
class Table:
    """Figures in columns; what is not measured stays empty."""

    title: str
    columns: Sequence[str]
    rows: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def add(self, what: str, cells: Mapping[str, str]) -> None:
        """Add a line: its cells by their columns."""
        self.rows.append((what, cells))

    def __str__(self) -> str:
        """Return it as Markdown."""
        head = [f"| {self.title} | {' | '.join(self.columns)} |"]
        rule = [f"| --- |{' ---: |' * len(self.columns)}"]
        lines = [
            f"| {what} | {' | '.join(cells.get(column, '') for column in self.columns)} |"
            for what, cells in self.rows
        ]
        return "\n".join((*head, *rule, *lines))


@dataclass(slots=True)
class Report:
    """What was measured so far, and which aims were missed."""

    tables: list[Table] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def table(self, title: str, *columns: str) -> Table:
        """Begin a table."""
        typer.echo(f"measuring: {title}", err=True)
        table = Table(title, columns)
        self.tables.append(table)
        return table

    def aim(self, what: str, *, reached: bool) -> None:
        """Note an aim, if it was missed."""
        if not reached:
            self.missed.append(what)
