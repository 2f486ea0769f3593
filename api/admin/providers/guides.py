"""What is a guide made of? It has steps at a provider, and the fields of its forms.

In a text, ``**words**`` stand on a page of the provider, and `` `words` `` are typed as they are.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.rules import Portal


class Given(StrEnum):
    """A value of the connection that a field takes."""

    BASE_URL = "the base URL"
    TOKEN = "the bearer token"  # noqa: S105  # the words for it, as a guide has no secret
    CONNECTION = "the id of the connection"


@dataclass(frozen=True, slots=True)
class Exactly:
    """A value that is entered letter for letter, and is long enough to be copied."""

    text: str


@dataclass(frozen=True, slots=True)
class ByPortal:
    """A text that differs on the dashboard, where roles are mapped. An empty one is left out."""

    dashboard: str
    others: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form with the value that it takes, or with what is done to it.

    :param hint: a sentence behind the value, without its full stop.
    """

    name: str
    value: str | Given | Exactly
    hint: str = ""


Part = str | ByPortal | tuple[Field, ...]
"""A paragraph, or the fields of a form."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step, which may be for one portal alone."""

    title: str
    parts: tuple[Part, ...]
    only: Portal | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """The steps at a provider.

    :param name: the provider's name as people read it.
    :param limits: the limits of the provider, as a warning before the first step.
    """

    name: str
    steps: tuple[Step, ...]
    limits: str = ""


def form(*fields: Field) -> tuple[Field, ...]:
    """Return the fields of a form, as a part of a step."""
    return fields


def step(title: str, *parts: Part, only: Portal | None = None) -> Step:
    """Return a step of its parts.

    :param only: the portal to which the step belongs, if it does not belong to all.
    """
    return Step(title, parts, only)


def guide(name: str, *steps: Step, limits: str = "") -> Guide:
    """Return a guide of its steps."""
    return Guide(name, steps, limits)
