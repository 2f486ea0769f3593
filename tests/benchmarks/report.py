"""How are figures shown? As Markdown tables; figures with an aim are held against it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import typer

from tests.benchmarks.aim import Aim, Part
from tests.benchmarks.aims import AIMS

AIM = "aim"
"""The column that shows aims."""


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
        """Return the table as Markdown."""
        head = [f"| {self.title} | {' | '.join(self.columns)} |"]
        rule = [f"| --- |{' ---: |' * len(self.columns)}"]
        lines = [
            f"| {what} | {' | '.join(cells.get(column, '') for column in self.columns)} |"
            for what, cells in self.rows
        ]
        return "\n".join((*head, *rule, *lines))


@dataclass(slots=True)
class Report:
    """The figures so far, and those that an aim is for."""

    aims: Sequence[Aim] = AIMS
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def table(self, title: str, *columns: str) -> Table:
        """Begin a table."""
        typer.echo(f"measuring: {title}", err=True)
        table = Table(title, columns)
        self.tables.append(table)
        return table

    def note(self, text: str) -> None:
        """Add a line that stands above the tables."""
        self.notes.append(text)

    def hold(self, work: str, measured: float) -> dict[str, str]:
        """Hold a figure against its aim; return the cell that shows the aim, if there is one."""
        self.figures[work] = measured
        shown = [aim.shown(aim.value) for aim in self.aims if aim.work == work]
        return {AIM: shown[0]} if shown else {}

    def missed(self, parts: Collection[Part]) -> list[str]:
        """Return a line for each aim of some parts that was missed, or never measured."""
        return [
            f"{aim.work}: {self._shown(aim)}, aim {aim.shown(aim.value)}"
            for aim in self.aims
            if aim.part in parts and not self._is_reached(aim)
        ]

    def _is_reached(self, aim: Aim) -> bool:
        return aim.work in self.figures and aim.is_reached_by(self.figures[aim.work])

    def _shown(self, aim: Aim) -> str:
        figure = self.figures.get(aim.work)
        if figure is None:
            return "not measured"
        return aim.shown(figure) if isfinite(figure) else "void"
