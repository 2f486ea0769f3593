"""Which Chromium do tests look with? The named one, else this machine's own, else Playwright's."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.servers.services import (
    Found,
    GivenServiceUnusable,
    ServiceSettings,
    ServiceUnavailable,
)

GIVEN_BY = "MUSTER_TEST_CHROMIUM"

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Its names on the PATH: on Debian, on Ubuntu, and as Google packs it. The shell, which can do
nothing but run without a window, draws the same pages for half of the processor time."""

OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
"""Tests run as root in containers, without a screen, and show their own pages alone."""


@dataclass(frozen=True, slots=True)
class RunningChromium:
    """A Chromium without a window, and where it comes from, in words."""

    browser: Browser
    origin: str


def find_chromium(settings: ServiceSettings, own: str) -> Found:
    """Return the program to run.

    :param own: where Playwright would have put its own.
    :raises GivenServiceUnusable: when one is named that is no program.
    :raises ServiceUnavailable: when there is none.
    """
    if settings.chromium:
        named = shutil.which(settings.chromium)
        if named is None:
            raise GivenServiceUnusable(f"{GIVEN_BY} is of no use: it names no program")
        return Found(named, f"given by {GIVEN_BY}")
    for name in PROGRAMS:
        if (found := shutil.which(name)) is not None:
            return Found(found, f"this machine's own, {found}")
    if Path(own).exists():
        return Found(own, "Playwright's own")
    raise ServiceUnavailable(f"no {', '.join(PROGRAMS)} on the PATH, and none of Playwright's")


@asynccontextmanager
async def running_chromium(settings: ServiceSettings) -> AsyncIterator[RunningChromium]:
    """Run a Chromium; each of its contexts begins without cookies.

    :raises GivenServiceUnusable: when one is named that is no program.
    :raises ServiceUnavailable: when there is none.
    """
    async with async_playwright() as playwright:
        found = find_chromium(settings, playwright.chromium.executable_path)
        browser = await playwright.chromium.launch(executable_path=found.url, args=[*OPTIONS])
        try:
            yield RunningChromium(browser, found.origin)
        finally:
            await browser.close()
