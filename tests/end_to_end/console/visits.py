"""How does a test visit the console with a browser? In a context of its own that notes trouble."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Response, expect

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
"""Sizes of windows, in CSS pixels."""

ANSWER_MILLISECONDS = 30_000
"""How long a page is waited for on a busy machine; most is there at once."""

LOOK_MILLISECONDS, MOST_LOOKS = 300, 60
"""How long a page is looked at that does not change by itself, and how often at most."""

FIRST_ERROR = 400

Scheme = Literal["light", "dark"]

LOOKS: Mapping[str, tuple[Scheme, Mapping[str, int]]] = {
    "light": ("light", WIDE),
    "dark": ("dark", WIDE),
    "phone": ("light", PHONE),
}
"""How pages may look, by names."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A window of a browser with cookies of its own. Paths are below the console's own."""

    page: Page
    root: str
    trouble: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Response:
        """Open a page; return the answer."""
        answer = await self.page.goto(f"{self.root}{path}")
        assert answer is not None
        return answer

    async def sign_in(self, token: str) -> None:
        """Begin a session; return once the scripts of the first page have run."""
        await self.open("/sign-in")
        await self.page.get_by_label("Token").fill(token)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.get_by_role("button", name="Sign out").wait_for()
        await self.page.wait_for_load_state()

    async def in_every_look(self) -> AsyncIterator[str]:
        """Yield the name of each look while the page has it."""
        for name, (scheme, size) in LOOKS.items():
            await self.page.emulate_media(color_scheme=scheme)
            await self.page.set_viewport_size(size)  # type: ignore[arg-type]  # both of them
            yield name

    async def set_up(self, secret: str) -> None:
        """Begin the session of a set-up link."""
        await self.open(f"/set-up/{secret}")
        await self.press("Begin the set-up")
        await self.page.wait_for_url("**/setting-up")

    async def follow(self, link: str) -> None:
        """Follow a link by its name."""
        await self.page.get_by_role("link", name=link, exact=True).click()

    async def press(self, button: str) -> None:
        """Press a button by its name."""
        await self.page.get_by_role("button", name=button, exact=True).click()

    async def shows(self, text: str) -> None:
        """Load the page again and again, until it shows a text."""
        found = self.page.get_by_text(text).first
        for _ in range(MOST_LOOKS):
            try:
                await expect(found).to_be_visible(timeout=LOOK_MILLISECONDS)
            except AssertionError:
                await self.page.reload()
            else:
                return
        await expect(found).to_be_visible()


@asynccontextmanager
async def visiting(browser: Browser, origin: str, *, script: bool = True) -> AsyncIterator[Visit]:
    """Open a window, and check at its end that no script, policy or file was in trouble.

    :param script: whether the browser runs scripts.
    """
    context = await browser.new_context(
        java_script_enabled=script,
        reduced_motion="reduce",
        viewport=WIDE,  # type: ignore[arg-type]  # both of them
    )
    context.set_default_timeout(ANSWER_MILLISECONDS)
    visit = Visit(await context.new_page(), f"{origin}/console")
    _listen(visit)
    try:
        yield visit
    except Exception as error:
        error.add_note(f"{visit.page.url} shows:\n{await visit.page.inner_text('body')}")
        raise
    finally:
        await context.close()
    assert visit.trouble == []


def _listen(visit: Visit) -> None:
    """Note errors of scripts and of the policy, dialogs, and files that are missing."""

    def note_message(message: ConsoleMessage) -> None:
        # The answer to a refused form is an error as well, and a page all the same.
        if message.type == "error" and "Failed to load resource" not in message.text:
            visit.trouble.append(f"{visit.page.url}: {message.text}")

    def note_answer(answer: Response) -> None:
        if answer.status >= FIRST_ERROR and answer.request.resource_type != "document":
            visit.trouble.append(f"{answer.url}: {answer.status}")

    async def note_dialog(dialog: Dialog) -> None:
        visit.trouble.append(f"{visit.page.url}: a dialog, {dialog.message}")
        await dialog.dismiss()

    visit.page.on("console", note_message)
    visit.page.on("response", note_answer)
    visit.page.on("dialog", note_dialog)
    visit.page.on("pageerror", lambda error: visit.trouble.append(f"{visit.page.url}: {error}"))
