"""Can everybody use every page? axe finds no serious fault, in light, in dark and on a phone."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser

from api.admin.actors import COMMAND
from api.admin.setup_links import create_setup_link
from tests.drivers.console_pages import ALONE, OF_LINK, OF_NOBODY, OF_WORKSPACE, ConsolePage
from tests.end_to_end.console.conftest import Exhibition
from tests.end_to_end.console.visits import Visit, visiting

GRAVE = {"serious", "critical"}

CONTRAST = "color-contrast"
RUNS: Mapping[str, dict[str, Any]] = {
    "light": {},
    "dark": {"runOnly": [CONTRAST]},
    "phone": {"rules": {CONTRAST: {"enabled": False}}},
}
"""What axe looks for in each look: colours change from light to dark, and sizes to a phone's."""


async def test_axe_finds_no_serious_fault_on_any_page(
    browser: Browser, exhibition: Exhibition
) -> None:
    full, origin = exhibition.full, exhibition.origin
    link = await create_setup_link(full.it, COMMAND, full.values["connection"])
    faults: list[str] = []
    async with visiting(browser, origin) as visit:
        faults += [it async for it in grave_faults(visit, exhibition, ALONE)]
        await visit.sign_in(full.admins["owner"].token)
        faults += [it async for it in grave_faults(visit, exhibition, (*OF_NOBODY, *OF_WORKSPACE))]
    async with visiting(browser, origin) as visit:
        await visit.set_up(link.secret)
        faults += [it async for it in grave_faults(visit, exhibition, OF_LINK)]
    assert faults == []


async def grave_faults(
    visit: Visit, exhibition: Exhibition, pages: Iterable[ConsolePage]
) -> AsyncIterator[str]:
    """Yield what keeps people out of pages, with the name and the look of the page."""
    axe = Axe()
    for page in pages:
        answer = await visit.open(page.url(exhibition.full.values))
        assert answer.status == 200, page.name
        await visit.page.evaluate(axe.axe_script)
        async for look in visit.in_every_look():
            options = {"resultTypes": ["violations"]} | RUNS[look]
            found = await visit.page.evaluate("options => axe.run(options)", options)
            for fault in found["violations"]:
                if fault["impact"] in GRAVE:
                    yield f"{page.name}, {look}: {fault['id']} at {fault['nodes'][0]['target']}"
