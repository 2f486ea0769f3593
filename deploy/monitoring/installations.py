"""How are several installations on one Prometheus told apart? A label of their targets names them.

Prometheus sets the label ``installation`` where it scrapes, on series of Muster and of the broker
alike. Every aggregate keeps it and every match of two vectors goes by it, so that figures of two
installations never meet. Without the label there is one installation, whose name is empty.
"""

import re

INSTALLATION = "installation"

CHOSEN = f'{INSTALLATION}=~"${INSTALLATION}"'
"""The matcher of the installations that are chosen at the top of a dashboard."""

METRIC = re.compile(r'(?<![\w:"$])((?:muster[_:]|rabbitmq_|process_|python_|ALERTS)[\w:]*)(\{)?')
"""A metric in a query, and the brace after it. A test finds metrics that it misses."""


def by(*labels: str) -> str:
    """Return the clause of an aggregate that keeps the installation and these labels."""
    return f"by ({', '.join((INSTALLATION, *labels))})"


def on(*labels: str) -> str:
    """Return the clause of a match that goes by the installation and these labels."""
    return f"on ({', '.join((INSTALLATION, *labels))})"


def total(query: str, *labels: str) -> str:
    """Return the sum of each installation, by these labels."""
    return f"sum {by(*labels)} ({query})"


def most(query: str, *labels: str) -> str:
    """Return the maximum of each installation, by these labels."""
    return f"max {by(*labels)} ({query})"


def least(query: str, *labels: str) -> str:
    """Return the minimum of each installation, by these labels."""
    return f"min {by(*labels)} ({query})"


def number(query: str, *labels: str) -> str:
    """Return the number of series of each installation, by these labels."""
    return f"count {by(*labels)} ({query})"


def of_chosen(query: str) -> str:
    """Return the query of a panel for the chosen installations alone."""
    return METRIC.sub(lambda it: f"{it[1]}{{{CHOSEN}{', ' if it[2] else '}'}", query)
