"""What does a visitor see of a page that is left open, and renews itself?"""

from playwright.async_api import Browser, expect

from api.admin.actors import COMMAND
from api.admin.admins import create_admin, revoke_admin
from tests.end_to_end.console.conftest import Exhibition
from tests.end_to_end.console.visits import visiting


async def test_a_page_whose_session_has_ended_says_so_where_it_was_live(
    browser: Browser, exhibition: Exhibition
) -> None:
    full = exhibition.full
    workspace = full.values["workspace"]
    admin = await create_admin(full.it, COMMAND, workspace, "viewer")
    async with visiting(browser, exhibition.origin) as visit:
        page = visit.page
        await visit.sign_in(admin.token)
        await visit.open(f"/activity?workspace={workspace}")
        await revoke_admin(full.it, COMMAND, admin.id)
        await expect(page.get_by_text("Your session has ended.")).to_be_visible()
        await expect(page.get_by_role("heading", name="Activity", level=1)).to_be_visible()
        await expect(page.get_by_label("Token")).to_have_count(0)
        assert [each.rpartition(": ")[2] for each in visit.trouble] == ["401"]
        visit.trouble.clear()
        await visit.follow("Sign in again")
        await expect(page.get_by_label("Token")).to_be_visible()
