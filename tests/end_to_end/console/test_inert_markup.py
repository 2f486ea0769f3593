"""Is markup in what others have stored inert in a browser? No dialog opens, no policy acts."""

from collections.abc import Iterable

from playwright.async_api import Browser

from tests.drivers.console_pages import ALONE, OF_LINK, OF_NOBODY, OF_WORKSPACE, ConsolePage
from tests.end_to_end.console.conftest import Exhibition
from tests.end_to_end.console.visits import Visit, visiting


async def test_no_page_runs_what_was_stored(browser: Browser, exhibited_markup: Exhibition) -> None:
    full, origin = exhibited_markup.full, exhibited_markup.origin
    async with visiting(browser, origin) as visit:
        await look_at(visit, exhibited_markup, ALONE)
        await visit.set_up(full.values["secret"])
        await look_at(visit, exhibited_markup, OF_LINK)
    async with visiting(browser, origin) as visit:
        await visit.sign_in(full.admins["owner"].token)
        await look_at(visit, exhibited_markup, (*OF_NOBODY, *OF_WORKSPACE))


async def look_at(visit: Visit, shown: Exhibition, pages: Iterable[ConsolePage]) -> None:
    """Look at pages, and for images that none of them has."""
    for page in pages:
        answer = await visit.open(page.url(shown.full.values))
        assert answer.status == 200, page.name
        assert await visit.page.locator("img[src=x]").count() == 0, page.name
