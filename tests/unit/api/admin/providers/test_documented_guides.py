"""Do the pages of docs/providers say what the console shows and ``--for`` prints? Word for word."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.admin.providers.guides import ByPortal, Exactly, Field, Given, Guide, Part
from api.admin.providers.named_guides import GUIDES, Provider

PAGES = Path(__file__).parents[5] / "docs" / "providers"
STEPS = re.compile(r"^## Steps\n(?P<steps>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
INDEX = "README.md"


def lines_of(guide: Guide) -> Iterator[str]:
    """Yield the lines that a page has below "Steps", without the empty ones."""
    if guide.limits:
        yield f"> {guide.limits}"
    for number, step in enumerate(guide.steps, 1):
        yield f"### {number}. {step.title}"
        if step.only:
            yield f"*On the {step.only} alone.*"
        for part in step.parts:
            yield from _part(part)


def _part(part: Part) -> Iterator[str]:
    match part:
        case str():
            yield part
        case ByPortal():
            yield f"*On the dashboard:* {part.dashboard}"
            if part.others:
                yield f"*On the other portals:* {part.others}"
        case tuple():
            yield "| field | value |"
            yield "| --- | --- |"
            yield from (_row(field) for field in part)


def _row(field: Field) -> str:
    match field.value:
        case Given():
            value = f"*{field.value}*"
        case Exactly(text):
            value = f"`{text}`"
        case str(text):
            value = text
    return f"| {field.name} | {value}{f'. {field.hint}.' if field.hint else ''} |"


@pytest.mark.parametrize("provider", Provider)
def test_the_page_of_a_provider_has_its_guide(provider: Provider) -> None:
    found = STEPS.search((PAGES / f"{provider}.md").read_text())
    assert found is not None
    lines = [line for line in found["steps"].splitlines() if line]
    assert lines == list(lines_of(GUIDES[provider]))


def test_every_page_is_of_a_provider_and_in_the_index() -> None:
    pages = {page.name for page in PAGES.iterdir()} - {INDEX}
    assert pages == {f"{provider}.md" for provider in Provider}
    assert set(re.findall(r"\]\((\w+\.md)\)", (PAGES / INDEX).read_text())) == pages


@pytest.mark.parametrize("provider", Provider)
def test_the_page_of_a_provider_shows_how_its_form_is_printed(provider: Provider) -> None:
    page = (PAGES / f"{provider}.md").read_text()
    assert f"muster connections show CONNECTION --for {provider}\n" in page
