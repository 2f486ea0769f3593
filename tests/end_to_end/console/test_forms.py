"""Is a form sent once, however often its button is pressed?"""

from playwright.async_api import Browser

from tests.drivers.admin_http import OPERATOR_TOKEN
from tests.end_to_end.console.conftest import Exhibition
from tests.end_to_end.console.visits import visiting

PRESSED_TWICE = """async (button) => {
  let sent = 0;
  button.form.addEventListener("submit", (event) => { sent += 1; event.preventDefault(); });
  const pressed = () => new Promise((done) => { button.click(); setTimeout(done); });
  await pressed();
  await pressed();
  const wasDisabled = button.disabled;
  dispatchEvent(new Event("pageshow"));
  return [sent, wasDisabled, button.disabled];
}"""
"""Tells how often the form was sent, and whether its button is disabled then and on coming back."""


async def test_a_form_is_sent_once_until_the_visitor_comes_back(
    browser: Browser, exhibition: Exhibition
) -> None:
    async with visiting(browser, exhibition.origin) as visit:
        await visit.sign_in(OPERATOR_TOKEN)
        button = visit.page.get_by_role("button", name="Sign out")
        assert await button.evaluate(PRESSED_TWICE) == [1, True, False]
