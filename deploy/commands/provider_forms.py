"""How is a provider's guide printed? It is steps with fields for people, or JSON for programs.

A token is never printed: it is shown once, when it is made.
"""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from api.admin.providers.fill_in import FilledField, FilledGuide, FilledPart, Values
from api.admin.providers.marked_texts import plain
from deploy.commands.output import print_json
from deploy.commands.visible_text import say

MOST_WIDE = 100
"""The characters in a line of a paragraph. Values are never broken, so that they can be copied."""

INDENT = "   "

WITHOUT_TLS = (
    "The base URL is not https://, and a provider on the internet takes no other. Base URLs begin"
    " with `MUSTER_PUBLIC_URL`: set it to the https:// URL of the proxy in front of the api."
)


def show_guide(guide: FilledGuide, values: Values, *, as_json: bool) -> None:
    """Print a guide that is filled in."""
    if as_json:
        print_json(guide_as_json(guide, values))
        return
    for line in guide_as_lines(guide, values):
        say(line)


def guide_as_lines(guide: FilledGuide, values: Values) -> Iterator[str]:
    """Yield the lines of a guide."""
    yield f"{guide.name}, for the connection {values.connection} to the portal {values.portal}"
    if values.base_url.startswith("http://"):
        yield ""
        yield from _paragraph(WITHOUT_TLS, indent="")
    if guide.limits:
        yield ""
        yield from _paragraph(guide.limits, indent="")
    for number, step in enumerate(guide.steps, 1):
        yield ""
        yield f"{number}. {step.title}"
        for part in step.parts:
            yield from _part(part, values)


def guide_as_json(guide: FilledGuide, values: Values) -> Mapping[str, Any]:
    """Return a guide as JSON; ``value`` is null for a token."""
    return {
        "connection": values.connection,
        "portal": values.portal,
        "base_url": values.base_url,
        "provider": guide.name,
        "limits": plain(guide.limits),
        "steps": [
            {
                "title": step.title,
                "text": [plain(part) for part in step.parts if isinstance(part, str)],
                "fields": [
                    {"name": field.name, "value": _value(field), "hint": plain(field.hint)}
                    for part in step.parts
                    if not isinstance(part, str)
                    for field in part
                ],
            }
            for step in guide.steps
        ],
    }


def _part(part: FilledPart, values: Values) -> Iterator[str]:
    if isinstance(part, str):
        yield from _paragraph(part, INDENT)
        return
    width = max(len(field.name) for field in part)
    for field in part:
        value = _value(field)
        told = how_to_get_a_token(values.connection) if value is None else value
        yield f"{INDENT}  {field.name:<{width}}  {told}"
        if field.hint:
            yield f"{INDENT}  {'':<{width}}  ({plain(field.hint)}.)"


def how_to_get_a_token(connection: str) -> str:
    """Return the text in place of a token."""
    return f"shown once, when it was made (muster tokens create {connection} makes another)"


def _value(field: FilledField) -> str | None:
    """Return a value without marks; a value that is entered letter for letter has none."""
    return field.value if field.is_exact or field.value is None else plain(field.value)


def _paragraph(text: str, indent: str) -> list[str]:
    return wrap(
        plain(text),
        MOST_WIDE,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
