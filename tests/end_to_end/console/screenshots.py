"""How does the console look? ``make screenshots`` writes a picture of every page, to be looked at.

The pages are those of the demo, found by their links, in light, in dark and as on a phone: one of
each kind, and what comes after some forms. Those of a workspace with nothing in it are taken too.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Browser, Page

from api.console.application import PREFIX
from tests.drivers.console_pages import EVERY_PAGE, LOOKING, route_of
from tests.end_to_end.console.served_muster import OPERATOR_TOKEN, ServedMuster, as_single_process
from tests.end_to_end.console.visits import WIDE, Visit, visiting
from tests.servers.chromium import running_chromium
from tests.servers.services import ServiceSettings

WHERE = Path("var/screenshots")

DEMO, EMPTY = "demo", "Empty"


async def take_all(folder: Path) -> list[str]:
    """Write the pictures; return the routes of pages of which none was taken."""
    async with (
        running_chromium(ServiceSettings()) as chromium,
        _demo() as muster,
    ):
        await muster.downstream("INSERT INTO workspaces (name) VALUES (:name)", name=EMPTY)
        await _of_nothing(chromium.browser, muster, folder)
        taken = await _of_demo(chromium.browser, muster, folder)
        taken |= await _after_forms(chromium.browser, muster, folder)
    return sorted({page.route for page in EVERY_PAGE if page.name not in taken} - _routes(taken))


@asynccontextmanager
async def _demo() -> AsyncIterator[ServedMuster]:
    with TemporaryDirectory() as installation:
        async with as_single_process(Path(installation), "--demo") as muster:
            yield muster


async def _of_demo(browser: Browser, muster: ServedMuster, folder: Path) -> set[str]:
    """Take a page of each kind that links lead to; return the names."""
    taken = {"sign-in"}
    async with visiting(browser, muster.admin) as visit:
        await _take(visit, "/sign-in", folder, "sign-in")
        await visit.sign_in(OPERATOR_TOKEN)
        waiting, known = ["/", f"/workspace?workspace={DEMO}"], set[str]()
        while waiting:
            url = waiting.pop(0)
            name = name_of(url)
            if name is None or name in taken:
                continue
            await _take(visit, url, folder, name)
            taken.add(name)
            links = dict.fromkeys(await _links_on(visit.page))
            waiting += [link for link in links if link not in known]
            known.update(links)
    return taken


async def _after_forms(browser: Browser, muster: ServedMuster, folder: Path) -> set[str]:
    """Take what comes after forms: credentials, a link, a preview, and a question."""
    owner = await muster.owner_of(DEMO)
    async with visiting(browser, muster.admin) as visit:
        page = visit.page
        await visit.sign_in(owner)
        await visit.open(f"/connections/new?workspace={DEMO}&portal=store")
        await visit.press("Enable SCIM")
        await _take_here(visit, folder, "enabled")
        await visit.press("Okta")
        await _take_here(visit, folder, "enabled-okta")
        await visit.open(urlsplit(page.url).path.removeprefix(PREFIX).removesuffix("/provider"))
        await visit.press("Make a set-up link")
        await _take_here(visit, folder, "enabled-link")
        link = muster.path_of(await page.get_by_role("textbox", name="set-up link").input_value())
        await page.get_by_role("link", name="Revoke link").first.click()
        await _take_here(visit, folder, "set-up-revoke")
        await visit.open(f"/connections/{DEMO}-dashboard/rules")
        await page.get_by_label("Role", exact=True).select_option("Editor")
        await visit.press("Show what will happen")
        await _take_here(visit, folder, "rules-preview")
        await visit.open(f"/people?workspace={DEMO}&connection={DEMO}-store&inactive=no")
        await page.get_by_role("rowheader").first.get_by_role("link").click()
        await visit.follow("Lock now…")
        await visit.press("Lock now")
        await visit.follow("Unlock…")
        await _take_here(visit, folder, "unlock")
        await visit.open(f"/held?workspace={DEMO}")
        await page.get_by_role("button", name="Approve all").click()
        await _take_here(visit, folder, "held-decision")
    async with visiting(browser, muster.admin) as visit:
        await _take(visit, link, folder, "set-up")
        await visit.press("Begin the set-up")
        await visit.follow("Okta")
        await _take_here(visit, folder, "setting-up")
    return {"set-up", "setting-up", "set-up-revoke", "unlock"}


async def _of_nothing(browser: Browser, muster: ServedMuster, folder: Path) -> None:
    """Take the pages that a workspace has before anything is in it."""
    async with visiting(browser, muster.admin) as visit:
        await visit.sign_in(await muster.owner_of(EMPTY))
        for page in EVERY_PAGE:
            if [*page.query] == ["workspace"] and not page.chosen and "{" not in page.route:
                await _take(visit, page.url({"workspace": EMPTY}), folder, f"{page.name}-empty")


async def _take(visit: Visit, url: str, folder: Path, name: str) -> None:
    await visit.open(url)
    await _take_here(visit, folder, name)


async def _take_here(visit: Visit, folder: Path, name: str) -> None:
    async for look in visit.in_every_look():
        await visit.page.screenshot(path=folder / f"{name}-{look}.png", full_page=True)
    await visit.page.set_viewport_size(WIDE)  # type: ignore[arg-type]  # a dictionary of both
    await visit.page.emulate_media(color_scheme="light")


def name_of(url: str) -> str | None:
    """Return the name of the page with a URL below the console's path: of the narrowest kind."""
    parts = urlsplit(url)
    route, query = route_of(LOOKING, parts.path), dict(parse_qsl(parts.query))
    of_route = [page for page in EVERY_PAGE if page.route == route]
    fitting = [page for page in of_route if page.chosen.items() <= query.items()]
    narrowest = sorted(fitting, key=lambda page: -len(page.chosen))[:1]
    return next((page.name for page in (*narrowest, *of_route)), None)


def _routes(names: set[str]) -> set[str]:
    return {page.route for page in EVERY_PAGE if page.name in names}


async def _links_on(page: Page) -> list[str]:
    """Return the links to other pages of the console, below its own path."""
    found: list[str] = await page.eval_on_selector_all(
        "a[href]", "links => links.map(it => it.pathname + it.search)"
    )
    return [it.removeprefix(PREFIX) for it in found if it.startswith(f"{PREFIX}/")]


def main() -> None:
    """Take them, and say where they are."""
    arguments = argparse.ArgumentParser(description="Write a picture of every page.")
    arguments.add_argument("--into", type=Path, default=WHERE, metavar="FOLDER")
    folder: Path = arguments.parse_args().into
    folder.mkdir(parents=True, exist_ok=True)
    missing = asyncio.run(take_all(folder))
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201
    if missing:
        print(f"no picture was taken of: {', '.join(missing)}")  # noqa: T201


if __name__ == "__main__":
    main()
