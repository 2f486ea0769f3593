"""Is markup in what others have stored inert on every page? A parser of HTML finds no element."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.console_pages import FRAGMENTS, OF_NOBODY, OF_WORKSPACE
from tests.drivers.full_workspace import MARKUP, FullWorkspace, new_full_workspace
from tests.drivers.whole_console import console_of
from tests.readings.html_pages import Element, HtmlPage, read_html
from tests.servers.migrated import NewDatabase

OWN_FILES = "/console/static/"

SHOWN = (
    *("user-active", "display-active", "external-active"),
    *("email-active", "mapped-group", "plain-group", "store-group", "unseen-group"),
    *("policy", "serial-0", "token-name", "owner-name", "user-holder", "user-left-2"),
)
"""Fields whose text is on some page; without them the test would show nothing."""


@pytest.fixture
async def full(new_database_url: NewDatabase) -> AsyncIterator[FullWorkspace]:
    """Give a workspace whose every text is markup."""
    async with new_full_workspace(new_database_url, MARKUP) as full:
        yield full


async def pages(visitor: Visitor, full: FullWorkspace) -> AsyncIterator[tuple[str, HtmlPage]]:
    """Yield every page with its name."""
    for page in (*OF_NOBODY, *OF_WORKSPACE, *FRAGMENTS):
        answer = await visitor.get(page.url(full.values))
        assert answer.status_code == 200, (page.name, answer.text)
        yield page.name, read_html(answer.text)


async def test_markup_is_text_on_every_page(full: FullWorkspace) -> None:
    owner = await signed_in(console_of(full.it), full.admins["owner"].token)
    shown = ""
    async for name, page in pages(owner, full):
        assert list(foreign(page)) == [], name
        shown += page.text
    assert [field for field in SHOWN if MARKUP.of(field)[:40] not in shown.replace("\n", " ")] == []
    assert MARKUP.workspace in shown


def foreign(page: HtmlPage) -> Iterator[Element]:
    """Yield the elements that no template of the console has."""
    for element in page.elements:
        attributes = element.attributes
        is_script = element.tag in {"script", "iframe", "object", "embed", "style", "svg:script"}
        is_own = attributes.get("src", "").startswith(OWN_FILES)
        loads = element.tag == "img" or is_script
        acts = any(name.startswith("on") or name in {"style", "srcdoc"} for name in attributes)
        leads = any(
            attributes.get(name, "").strip().lower().startswith(("javascript:", "data:"))
            for name in ("href", "action", "formaction", "src")
        )
        if (loads and not is_own) or acts or leads:
            yield element


@pytest.mark.parametrize("field", [MARKUP.of("x"), MARKUP.address("x"), MARKUP.workspace])
def test_markup_that_is_not_escaped_is_found(field: str) -> None:
    for template in (f"<p>{field}</p>", f'<input value="{field}">', f"<a title='{field}'></a>"):
        if "'" in field or "title" not in template:
            assert list(foreign(read_html(template))), template
