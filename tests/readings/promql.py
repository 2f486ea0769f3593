"""What does a query ask for? Its selectors, as a parser of PromQL sees them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser

GRAFANA = re.compile(r"\$__rate_interval|\$__range|\$__interval")
"""Durations that Grafana puts in; any will do to parse by."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The name of a metric, and the values that its labels are to have or not to have."""

    name: str
    values: tuple[tuple[str, str], ...]


def selected(query: str) -> Iterator[Selected]:
    """Yield what a query selects; raise ValueError where it is not PromQL."""
    found: list[promql_parser.VectorSelector] = []

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.append(part)

    promql_parser.walk(promql_parser.parse(GRAFANA.sub("5m", query)), visit)
    for selector in found:
        assert selector.name, f"selects by labels alone: {query}"
        yield Selected(selector.name, tuple(_values(selector)))


def parts_that_lose(label: str, query: str) -> Iterator[str]:
    """Yield the parts of a query that let series meet whose values of a label differ."""
    found: list[str] = []

    def visit(part: promql_parser.Expr) -> None:
        match part:
            case promql_parser.AggregateExpr():
                if not _keeps(label, part.modifier):
                    found.append(part.prettify())
            case promql_parser.BinaryExpr() if part.modifier and part.modifier.matching:
                if not _keeps(label, part.modifier.matching):
                    found.append(f"{part.op} {part.modifier.matching}")
            case promql_parser.Call() if part.func.name in {"absent", "scalar", "vector"}:
                found.append(part.prettify())

    promql_parser.walk(promql_parser.parse(GRAFANA.sub("5m", query)), visit)
    yield from found


def _keeps(
    label: str, modifier: promql_parser.AggModifier | promql_parser.LabelModifier | None
) -> bool:
    """Say whether a clause of an aggregate or a match keeps series of different values apart."""
    if modifier is None:
        return False
    if isinstance(modifier, promql_parser.AggModifier):
        excluding = modifier.type == promql_parser.AggModifierType.Without
    else:
        excluding = modifier.type == promql_parser.LabelModifierType.Exclude
    return (label in modifier.labels) is not excluding


def _values(selector: promql_parser.VectorSelector) -> Iterator[tuple[str, str]]:
    """Yield the values that are named, of a pattern each alternative."""
    for matcher in selector.matchers.matchers:
        for value in matcher.value.split("|"):
            yield matcher.name, value
