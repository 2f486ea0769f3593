"""What is a dashboard made of? It has rows of graphs, figures, heatmaps and tables."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A query of PromQL, and the name of its lines in the legend: a text, or ``{{label}}``.

    ``traces`` asks for exemplars as well: single events, each with a link to its trace.
    """

    expression: str
    legend: str
    traces: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """Lines over time. Values above ``limit``, which is drawn as a line, are bad."""

    title: str
    about: str
    queries: Sequence[Query]
    unit: str = "short"
    limit: float | None = None
    width: int = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """The present value of a query: red from ``limit`` on, or red below ``least``."""

    title: str
    about: str
    expression: str
    unit: str = "short"
    limit: float | None = None
    least: float | None = None
    width: int = 4


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The buckets of a histogram over time: the darker, the more events.

    It shows a single installation.
    """

    title: str
    about: str
    buckets: str
    unit: str = "s"
    width: int = 12


@dataclass(frozen=True, slots=True)
class Table:
    """The present values of a query, a line each. ``columns``: its labels with their headings."""

    title: str
    about: str
    expression: str
    columns: dict[str, str]
    value: str = "number"
    unit: str = "short"
    width: int = 12


Panel = Graph | Figure | Heatmap | Table


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading. Their widths add up to lines of 24 columns.

    ``each`` repeats the row for each chosen installation.
    """

    title: str
    panels: Sequence[Panel]
    each: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of rows. ``name`` is the name of its file and of its address in Grafana."""

    name: str
    title: str
    about: str
    rows: Sequence[Row]
