"""How does a guide get the values of a connection? They are filled into its fields. Pure.

A token is never among them: it is shown once, when it is made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from api.admin.providers.guides import ByPortal, Exactly, Field, Given, Guide, Part
from contracts.rules import Portal


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a connection that guides take."""

    connection: str
    portal: Portal
    base_url: str


@dataclass(frozen=True, slots=True)
class FilledField:
    """A field with its value, which is None for a token.

    :param is_exact: whether the value is entered letter for letter; any other is a marked text.
    """

    name: str
    value: str | None
    hint: str
    is_exact: bool

    @property
    def is_entered(self) -> bool:
        """Return whether a value is pasted into the field."""
        return self.is_exact or self.value is None


FilledPart = str | tuple[FilledField, ...]


@dataclass(frozen=True, slots=True)
class FilledStep:
    """A step for one portal: paragraphs, and the fields of forms."""

    title: str
    parts: tuple[FilledPart, ...]


@dataclass(frozen=True, slots=True)
class FilledGuide:
    """A guide for one connection."""

    name: str
    limits: str
    steps: tuple[FilledStep, ...]


def filled_in(guide: Guide, values: Values) -> FilledGuide:
    """Return a guide with the values of a connection, and without the texts for other portals."""
    steps = tuple(
        FilledStep(step.title, tuple(_parts(step.parts, values)))
        for step in guide.steps
        if step.only in (None, values.portal)
    )
    return FilledGuide(guide.name, guide.limits, steps)


def _parts(parts: tuple[Part, ...], values: Values) -> Iterator[FilledPart]:
    for part in parts:
        match part:
            case str():
                yield part
            case ByPortal():
                text = part.dashboard if values.portal is Portal.DASHBOARD else part.others
                if text:
                    yield text
            case tuple():
                yield tuple(_field(field, values) for field in part)
            case _:
                assert_never(part)


def _field(field: Field, values: Values) -> FilledField:
    match field.value:
        case Given.BASE_URL:
            return FilledField(field.name, values.base_url, field.hint, is_exact=True)
        case Given.TOKEN:
            return FilledField(field.name, None, field.hint, is_exact=False)
        case Given.CONNECTION:
            return FilledField(field.name, f"`{values.connection}`", field.hint, is_exact=False)
        case Exactly(text):
            return FilledField(field.name, text, field.hint, is_exact=True)
        case str(text):
            return FilledField(field.name, text, field.hint, is_exact=False)
        case _:
            assert_never(field.value)
