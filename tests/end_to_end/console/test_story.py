"""Does the console tell the whole story? From SCIM switched on to the last leaver, in a browser.

Each test is a chapter, in a workspace of its own. Everything goes on in real processes: an app of a
provider pushes, and whoever looks at a page sees what comes of it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, expect

from tests.drivers.okta import App, Person
from tests.end_to_end.console.served_muster import ServedMuster
from tests.end_to_end.console.visits import Visit, visiting

STORE = {"on_create": "create-employee", "on_deactivate": "remove-employee"}
MDM = {"on_create": "create-mdm-employee", "on_deactivate": "unassign-devices"}
DASHBOARD = {
    "on_create": "create-collaborator",
    "role": "viewer",
    "on_deactivate": "remove-collaborator",
}

DOOMED = "doomed"
"""The beginning of an address for which downstream makes no account, while it is spoiled."""


@asynccontextmanager
async def owner_of(workspace: str, muster: ServedMuster, browser: Browser) -> AsyncIterator[Visit]:
    """Let the owner of a workspace, which has a connection, sign in."""
    async with visiting(browser, muster.admin) as visit:
        await visit.sign_in(await muster.owner_of(workspace))
        yield visit


@asynccontextmanager
async def connected(
    muster: ServedMuster, workspace: str, portal: str, **choices: Any
) -> AsyncIterator[App]:
    """Switch SCIM on for a portal, and set an app of a provider up with it."""
    opened = await muster.switched_on(workspace, portal, **choices)
    async with muster.provider(opened, workspace, portal) as app:
        yield app


def place_of(app: App, person: Person) -> str:
    """Return the path of a person's page."""
    return f"/people/{app.connection}/{person.id}"


async def test_scim_is_enabled_and_the_first_person_arrives(
    muster: ServedMuster, browser: Browser
) -> None:
    await muster.switched_on("Weavers", "dashboard", **DASHBOARD)
    async with owner_of("Weavers", muster, browser) as visit:
        page = visit.page
        await visit.follow("Enable SCIM for Enterprise Store")
        await page.get_by_label("An employee is created").check()
        await page.get_by_label("The employee is removed").check()
        await visit.press("Enable SCIM")
        base_url = await page.get_by_label("Base URL").input_value()
        token = await page.get_by_label("Bearer token").input_value()
        await visit.press("Copy bearer token")
        await expect(page.get_by_text("Copied", exact=True)).to_be_visible()
        await visit.press("Okta")
        await expect(page.get_by_label("OAuth Bearer Token")).to_have_value(token)
        await expect(page.get_by_text("Waiting for the first call")).to_be_visible()

        told = {"connection": base_url.rpartition("/")[2], "token": token}
        async with muster.provider(told | {"token": f"{token}x"}, "Weavers", "store") as mistyped:
            await mistyped.http.get(f"{base_url}/Users")
        await expect(page.get_by_text("A call came without a valid token.")).to_be_visible()
        async with muster.provider(told, "Weavers", "store") as app:
            assert (await app.http.get(f"{base_url}/Users?count=1")).is_success
            await expect(page.get_by_text("Connected.")).to_be_visible()
            await visit.follow("Activity")
            await app.assign("ada.weaver")
            await page.get_by_role("link", name="ada.weaver").first.click()
        await expect(page.get_by_text("Applied", exact=True)).to_be_visible()
        await visit.open(f"/connections/{told['connection']}")
        await expect(page.get_by_text(token)).to_have_count(0)


async def test_rules_change_after_a_preview(muster: ServedMuster, browser: Browser) -> None:
    async with (
        connected(muster, "Spinners", "dashboard", **DASHBOARD) as app,
        owner_of("Spinners", muster, browser) as visit,
    ):
        page = visit.page
        ada = await app.assign("ada.spinner")
        await app.push_group("Threads", [ada])
        await visit.open(place_of(app, ada))
        await visit.shows("Viewer")
        await visit.open(f"/connections/{app.connection}/rules")
        await page.get_by_label("Another group").select_option("Threads")
        await page.get_by_label("Role for the other group").select_option("Editor")
        await visit.press("Show what will happen")
        await expect(page.get_by_role("row", name="Ada")).to_contain_text("Editor")
        await visit.press("Save, and let 1 effect follow")
        saved = page.get_by_text("Saved. 1 person is gone over with the new rules.")
        await expect(saved).to_be_visible()
        await visit.open(place_of(app, ada))
        await visit.shows("Editor")


async def test_a_leaver_gives_the_devices_back(muster: ServedMuster, browser: Browser) -> None:
    async with (
        connected(muster, "Dyers", "mdm", **MDM) as app,
        owner_of("Dyers", muster, browser) as visit,
    ):
        page = visit.page
        ada = await app.assign("ada.dyer")
        await visit.open(place_of(app, ada))
        await expect(page.get_by_text("Applied", exact=True)).to_be_visible()
        await visit.open("/devices/new?workspace=Dyers")
        await page.get_by_label("Serial number").fill("LAPTOP-1")
        await page.get_by_label("E-mail of the person").fill(ada.email)
        await visit.press("Add the device")
        await visit.open("/devices?workspace=Dyers")
        await expect(page.get_by_role("row", name="LAPTOP-1")).to_contain_text(ada.email)
        await app.set_active(ada, active=False)
        await visit.shows("Nobody")
        await visit.open(place_of(app, ada))
        await expect(page.get_by_role("main")).to_contain_text("LAPTOP-1")
        await expect(page.get_by_text("Inactive", exact=True)).to_be_visible()


async def test_a_brake_holds_leavers_until_somebody_decides(
    muster: ServedMuster, browser: Browser
) -> None:
    async with (
        connected(muster, "Millers", "store", brake="2:0", **STORE) as app,
        owner_of("Millers", muster, browser) as visit,
    ):
        page = visit.page
        people = [await app.assign(f"miller-{number}") for number in range(4)]
        await visit.open(place_of(app, people[-1]))
        await expect(page.get_by_text("Applied", exact=True)).to_be_visible()
        for person in people:
            await app.set_active(person, active=False)
        await visit.open("/held?workspace=Millers")
        await visit.shows("Approve all 2")
        await page.get_by_role("checkbox", name="Ada").first.check()
        await visit.press("Approve the chosen")
        await page.get_by_label("to confirm").fill(app.connection)
        await visit.press("Approve 1 person")
        await expect(page.get_by_text("Approved: 1 person")).to_be_visible()
        await visit.press("Reject all 1")
        await visit.press("Reject 1 person")
        await expect(page.get_by_text("Rejected: 1 person")).to_be_visible()
        await expect(page.get_by_text("Nobody is held")).to_be_visible()


async def test_an_observing_connection_goes_live(muster: ServedMuster, browser: Browser) -> None:
    async with (
        connected(muster, "Potters", "store", observe=True, **STORE) as app,
        owner_of("Potters", muster, browser) as visit,
    ):
        page = visit.page
        ada = await app.assign("ada.potter")
        await visit.open(f"/connections/{app.connection}")
        await visit.follow("See what it would do, and go live")
        await visit.press("Show what would happen")
        await expect(page.get_by_role("row", name="Ada")).to_contain_text("Create account")
        await visit.press("Go live, and let 1 effect follow")
        await expect(page.get_by_text("The connection is live.")).to_be_visible()
        await visit.open(place_of(app, ada))
        await expect(page.get_by_text("Applied", exact=True)).to_be_visible()


async def test_a_token_is_replaced(muster: ServedMuster, browser: Browser) -> None:
    async with (
        connected(muster, "Smiths", "store", **STORE) as app,
        owner_of("Smiths", muster, browser) as visit,
    ):
        users = f"{muster.api}/scim/v2/{app.connection}/Users"
        assert (await app.http.get(users)).is_success
        await visit.open(f"/connections/{app.connection}")
        await visit.follow("New token")
        await visit.page.get_by_label("End it at once").check()
        await visit.press("Make the token")
        token = await visit.page.get_by_label("Bearer token").input_value()
        renewed = {"connection": app.connection, "token": token}
        async with muster.provider(renewed, "Smiths", "store") as again:
            assert (await again.http.get(users)).is_success
        assert (await app.http.get(users)).status_code == 401


async def test_what_has_failed_is_tried_again(muster: ServedMuster, browser: Browser) -> None:
    async with (
        connected(muster, "Coopers", "store", **STORE) as app,
        owner_of("Coopers", muster, browser) as visit,
    ):
        page = visit.page
        async with muster.spoiled(DOOMED):
            ada = await app.assign(DOOMED)
            await visit.open("/problems?workspace=Coopers")
            await visit.shows("1 person")
        await page.get_by_role("button", name="Try again").click()
        await expect(page.get_by_text("1 person is on the way again")).to_be_visible()
        await visit.open(place_of(app, ada))
        await expect(page.get_by_text("Applied", exact=True)).to_be_visible()
        await visit.open("/problems?workspace=Coopers")
        await expect(page.get_by_text("There are no problems")).to_be_visible()


async def test_a_set_up_link_works_once_and_in_time(muster: ServedMuster, browser: Browser) -> None:
    opened = await muster.switched_on("Fullers", "store", **STORE)
    place = f"/connections/{opened['connection']}"
    links: list[str] = []
    async with owner_of("Fullers", muster, browser) as visit:
        for _ in range(2):
            await visit.open(place)
            await visit.press("Make a set-up link")
            links.append(await visit.page.get_by_role("textbox", name="set-up link").input_value())
    used, late = (muster.path_of(link) for link in links)
    async with visiting(browser, muster.admin) as visit:
        page = visit.page
        await visit.open(used)
        await visit.press("Begin the set-up")
        await visit.follow("Okta")
        await page.get_by_label("End it at once").check()
        await visit.press("Make a new token")
        token = await page.get_by_label("OAuth Bearer Token").input_value()
        told = {"connection": opened["connection"], "token": token}
        async with muster.provider(told, "Fullers", "store") as app:
            await app.assign("ada.fuller")
        await expect(page.get_by_text("Connected.")).to_be_visible()
        assert (await visit.open(place)).status == 404
    await muster.in_directory(
        "UPDATE setup_links SET expires_at = 1 WHERE connection_id = :id AND used_at IS NULL",
        id=opened["connection"],
    )
    for link in (used, late):
        async with visiting(browser, muster.admin) as visit:
            await visit.open(link)
            heading = visit.page.get_by_role("heading", level=1)
            await expect(heading).to_have_text("This link cannot be used any more")
