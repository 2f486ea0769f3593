"""Does the console work where scripts are switched off? All but what is live: links and forms."""

from re import compile as compile_pattern

from playwright.async_api import Browser, expect

from tests.drivers.okta import App
from tests.end_to_end.console.served_muster import ServedMuster
from tests.end_to_end.console.visits import Visit, visiting

WORKSPACE = "Glaziers"
TOKEN = compile_pattern("muster_.+")
SECTIONS = ("People", "Groups", "Devices", "Activity", "Held", "Problems", "Audit")
STORE = {"on_create": "create-employee", "on_deactivate": "remove-employee"}


async def test_an_owner_gets_through_the_console_by_links_and_forms(
    single_process: ServedMuster, browser: Browser
) -> None:
    opened = await single_process.switched_on(WORKSPACE, "store", brake="1:0", **STORE)
    async with (
        single_process.provider(opened, WORKSPACE, "store") as app,
        visiting(browser, single_process.admin, script=False) as visit,
    ):
        people = [await app.assign(f"glazier-{number}") for number in range(3)]
        await visit.sign_in(await single_process.owner_of(WORKSPACE))
        for section in SECTIONS:
            await visit.page.get_by_label("Workspace").get_by_role("link", name=section).click()
            await expect(visit.page.get_by_role("heading", level=1)).to_have_text(section)
        await find_and_lock(visit)
        for person in people[:2]:
            await app.set_active(person, active=False)
        await decide(visit)
        await connect_anew(visit, app)
        await add_things(visit)
        await visit.press("Sign out")
        await expect(visit.page.get_by_label("Token")).to_be_visible()


async def find_and_lock(visit: Visit) -> None:
    """Search for somebody, and lock the person."""
    page = visit.page
    await visit.open(f"/people?workspace={WORKSPACE}")
    await page.get_by_role("searchbox").fill("GLAZIER-2")
    await visit.press("Search")
    await expect(page.get_by_role("row", name="glazier-1")).to_have_count(0)
    await page.get_by_role("row", name="glazier-2").get_by_role("link").click()
    await visit.shows("Applied")
    await visit.follow("Lock now…")
    await visit.press("Lock now")
    await expect(page.get_by_text("Locked.", exact=True)).to_be_visible()


async def decide(visit: Visit) -> None:
    """Decide on whom the brake holds."""
    await visit.open(f"/held?workspace={WORKSPACE}")
    await visit.shows("Approve all")
    await visit.page.get_by_role("checkbox", name="Ada").first.check()
    await visit.press("Reject the chosen")
    await visit.press("Reject 1 person")
    await expect(visit.page.get_by_text("Rejected: 1 person")).to_be_visible()


async def connect_anew(visit: Visit, app: App) -> None:
    """Look at the steps of a provider, make a token, and change the brake after a preview."""
    page = visit.page
    await visit.open(f"/connections/{app.connection}/provider?for=okta")
    await expect(page.get_by_text("Connected.")).to_be_visible()
    await page.get_by_label("Keep it").check()
    await visit.press("Make a new token")
    await expect(page.get_by_label("OAuth Bearer Token")).to_have_value(TOKEN)
    await visit.open(f"/connections/{app.connection}/rules")
    await page.get_by_label("No brake").check()
    await visit.press("Show what will happen")
    await visit.press("Save")
    await expect(page.get_by_text("Saved.")).to_be_visible()


async def add_things(visit: Visit) -> None:
    """Add a policy, and a device under it."""
    page = visit.page
    await visit.open(f"/policies?workspace={WORKSPACE}")
    await page.get_by_label("Name").fill("Locked away")
    await visit.press("Add the policy")
    await visit.open(f"/devices/new?workspace={WORKSPACE}")
    await page.get_by_label("Serial number").fill("PHONE-1")
    await page.get_by_label("Policy").select_option("Locked away")
    await visit.press("Add the device")
    await visit.open(f"/devices?workspace={WORKSPACE}")
    await expect(page.get_by_role("row", name="PHONE-1")).to_contain_text("Locked away")
