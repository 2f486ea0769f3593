"""Does a preview that takes a while leave the visitor with a page meanwhile, and Muster free?"""

import asyncio
from collections.abc import AsyncIterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from api.directory.dialects import DirectoryDatabase
from contracts.downstream.preview import EffectKind, PlannedEffect
from contracts.identity_changed import IdentityChanged
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.administration import administration_on
from tests.drivers.browsers import CONSOLE_PATH, Visitor, signed_in
from worker.errors import UnknownPolicy

PATH = "/connections/acme-store/rules"
WANTED = {"on_create": "create-employee", "on_deactivate": "nothing", "brake_kind": "off"}
EFFECT = PlannedEffect(
    "acme-store", "ada", EffectKind.REMOVE, {"email": "ada@acme.test"}, None, "rule"
)


@dataclass(slots=True)
class Slow:
    """A Preview that tells one effect, and goes on when it is let.

    ``steps`` tells in which order previews have begun and ended.
    """

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False
    steps: list[str] = field(default_factory=list)

    async def of(
        self, events: AsyncIterator[Sequence[IdentityChanged]]
    ) -> AsyncIterator[PlannedEffect]:
        self.steps.append("begun")
        try:
            yield EFFECT
            self.begun.set()
            await self.go_on.wait()
            if self.fails:
                raise UnknownPolicy("Acme", "Lost")
            yield EFFECT
        finally:
            self.steps.append("ended")
            self.left.set()


@dataclass(slots=True)
class Reading:
    """A browser that reads a page while it comes, and may leave before the end."""

    sent: bytes
    leaves: asyncio.Event = field(default_factory=asyncio.Event)
    parts: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    headers: dict[str, str] = field(default_factory=dict)
    is_read: bool = False

    async def receive(self) -> MutableMapping[str, Any]:
        """Give the form, and then tell when the browser leaves."""
        if not self.is_read:
            self.is_read = True
            return {"type": "http.request", "body": self.sent, "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Take a part of the page."""
        if message["type"] == "http.response.start":
            self.headers = {name.decode(): it.decode() for name, it in message["headers"]}
        elif message["body"]:
            await self.parts.put(message["body"].decode())

    def rest(self) -> str:
        """Return what has come and was not taken yet."""
        found = []
        while not self.parts.empty():
            found.append(self.parts.get_nowait())
        return "".join(found)


@pytest.fixture
def slow() -> Slow:
    """Give the preview."""
    return Slow()


@pytest.fixture
async def admin_api(directory: DirectoryDatabase, slow: Slow) -> AsyncIterator[AdminApi]:
    """Give the console, whose previews take a while."""
    async with admin_api_on(directory, served=administration_on(directory, preview=slow)) as api:
        yield api


async def begun(admin_api: AdminApi, owner: Visitor) -> tuple[Reading, "asyncio.Task[None]"]:
    """Ask for a preview; return what comes, and the task that serves it."""
    await owner.get(PATH)
    form = {"csrf": owner.csrf, **WANTED, "step": "preview"}
    reading = Reading(urlencode(form).encode())
    path = f"{CONSOLE_PATH}{PATH}"
    request = owner.http.build_request("POST", f"https://admin.test{path}", data=form)
    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower(), it) for name, it in request.headers.raw],
    }
    return reading, asyncio.create_task(admin_api.app(scope, reading.receive, reading.send))


@pytest.fixture
async def owner(admin_api: AdminApi) -> Visitor:
    """Give the owner of Acme, signed in."""
    return await signed_in(admin_api.app, admin_api.admins["owner"].token)


async def test_a_page_begins_before_everybody_is_counted_and_others_answer_meanwhile(
    admin_api: AdminApi, owner: Visitor, slow: Slow
) -> None:
    reading, served = await begun(admin_api, owner)
    beginning = await reading.parts.get()
    assert "are being counted" in beginning
    assert "After the change" in beginning
    assert 'value="save"' not in beginning, "nothing is saved that was not previewed"
    assert (await owner.get(PATH)).status_code == 200
    assert not served.done()
    slow.go_on.set()
    await served
    rest = reading.rest()
    assert "2 of these effects cannot be undone here" in rest
    assert 'value="save"' in rest
    assert rest.rstrip().endswith("</html>")
    assert reading.headers["x-accel-buffering"] == "no"
    assert "default-src 'none'" in reading.headers["content-security-policy"]


async def test_a_page_tells_how_far_the_counting_is(
    admin_api: AdminApi, owner: Visitor, slow: Slow
) -> None:
    reading, served = await begun(admin_api, owner)
    await reading.parts.get()
    assert "1 effect so far" in await reading.parts.get()
    slow.go_on.set()
    await served


async def test_what_goes_wrong_meanwhile_is_told_and_nothing_can_be_saved(
    admin_api: AdminApi, owner: Visitor, slow: Slow
) -> None:
    slow.fails = True
    slow.go_on.set()
    reading, served = await begun(admin_api, owner)
    await served
    page = reading.rest()
    assert "The effects could not be counted" in page
    assert 'value="save"' not in page
    assert page.rstrip().endswith("</html>")


async def test_a_visitor_who_leaves_ends_the_preview(
    admin_api: AdminApi, owner: Visitor, slow: Slow
) -> None:
    reading, served = await begun(admin_api, owner)
    await slow.begun.wait()
    reading.leaves.set()
    await served
    await slow.left.wait()
    assert 'value="save"' not in reading.rest()


async def waiting(admin_api: AdminApi, owner: Visitor) -> tuple[Reading, "asyncio.Task[None]"]:
    """Ask for a preview while another one is counted, and return once its page says so."""
    reading, served = await begun(admin_api, owner)
    assert "are being counted" in await reading.parts.get()
    assert "waits for another preview" in await reading.parts.get()
    return reading, served


async def test_one_preview_is_counted_at_a_time_at_the_console_and_over_http(
    admin_api: AdminApi, owner: Visitor, slow: Slow
) -> None:
    _, first = await begun(admin_api, owner)
    await slow.begun.wait()
    over_http = asyncio.create_task(
        admin_api.owner.post("/connections/acme-store/preview", {"on_deactivate": "nothing"})
    )
    reading, last = await waiting(admin_api, owner)
    assert slow.steps == ["begun"]
    assert (await owner.get(PATH)).status_code == 200
    slow.go_on.set()
    await asyncio.gather(first, last)
    assert (await over_http)["counts"] == {"remove": 2}
    assert slow.steps == ["begun", "ended"] * 3
    assert 'value="save"' in reading.rest()


async def test_a_visitor_who_leaves_waits_no_more_and_lets_the_next_preview_come(
    admin_api: AdminApi, owner: Visitor, slow: Slow
) -> None:
    first, counted = await begun(admin_api, owner)
    await slow.begun.wait()
    second, waited = await waiting(admin_api, owner)
    third, follows = await waiting(admin_api, owner)
    second.leaves.set()
    await waited
    first.leaves.set()
    await counted
    slow.go_on.set()
    await follows
    assert slow.steps == ["begun", "ended"] * 2
    assert 'value="save"' in third.rest()


async def test_what_cannot_be_undone_takes_the_typed_id(owner: Visitor, slow: Slow) -> None:
    slow.go_on.set()
    await owner.get(PATH)
    shown = await owner.send(PATH, WANTED | {"step": "preview"})
    assert 'name="typed"' in shown.text
    assert 'name="harmless"' not in shown.text
    saving = WANTED | {"step": "save", "seen": ""}
    refused = await owner.send(PATH, saving | {"typed": "acme"})
    assert refused.status_code == 400
    assert "not typed as it is shown" in refused.text
    assert "What would happen" in refused.text
    assert 'aria-describedby="typed-wrong"' in refused.text
    assert 'value="save" class="danger"' in refused.text
