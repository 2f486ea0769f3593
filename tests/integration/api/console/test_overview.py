"""Does a workspace's page show its portals, whether SCIM is on there or not?"""

from html import unescape

from sqlalchemy import event

from api.admin.actors import COMMAND
from api.admin.connection_states import change_state
from api.admin.connections import create_connection
from api.directory.connection_states import Verb
from contracts.clock import now
from contracts.rules import MdmRules
from tests.drivers.admin_http import RULES, AdminApi
from tests.drivers.browsers import Visitor
from tests.integration.api.outbox.test_judged_leavings import names, world_on


async def test_a_portal_without_a_connection_offers_to_enable_scim(owner: Visitor) -> None:
    page = await owner.text("/workspace?workspace=Acme")
    for portal, name in (("dashboard", "Dashboard"), ("mdm", "MDM Portal")):
        assert f"<h2>{name}</h2>" in page
        assert f"/connections/new?workspace=Acme&portal={portal}" in page
    assert page.count("SCIM off") == 2
    assert "acme-store" in page
    assert "The provider has not called yet" in page


async def test_a_portal_shows_each_of_its_connections(admin_api: AdminApi, owner: Visitor) -> None:
    second = await create_connection(admin_api.it.directory, "Acme", RULES, now())
    await create_connection(admin_api.it.directory, "Acme", MdmRules(), now())
    await change_state(admin_api.it, COMMAND, second.id, Verb.PAUSE)
    page = await owner.text("/workspace?workspace=Acme")
    for words in ("acme-store", "acme-store-2", "acme-mdm", "Live", "Paused", "SCIM off"):
        assert words in page
    assert page.count("SCIM off") == 1
    assert "other-store" not in page


async def test_people_wait_in_a_paused_connection_and_are_held_by_a_brake_alone(
    admin_api: AdminApi, owner: Visitor
) -> None:
    world = await world_on(admin_api.it.directory, "off", 2, "Acme")
    await change_state(admin_api.it, COMMAND, world.connection, Verb.PAUSE)
    await world.leave(*names(1))
    people = f"workspace=Acme&connection={world.connection}"
    for path in ("/workspace?workspace=Acme", f"/connections/{world.connection}"):
        page = unescape(await owner.text(path))
        figures = page[page.index(f"/people?{people}") :]
        assert "<dt>Waiting</dt>" in figures
        assert "<dt>Held</dt><dd>0</dd>" in figures
        assert "until the connection goes live: it is paused" in figures
    listed = await owner.text(f"/people?{people}&state=held")
    assert '<span class="badge warn">Waiting</span>' in listed
    assert '<span class="badge warn">Held</span>' not in listed


async def test_the_live_part_is_the_same_without_the_frame(owner: Visitor) -> None:
    part = await owner.text("/workspace/portals?workspace=Acme")
    assert "<html" not in part
    assert part.strip() in await owner.text("/workspace?workspace=Acme")


async def test_a_viewer_is_offered_nothing_to_change(viewer: Visitor) -> None:
    page = await viewer.text("/workspace?workspace=Acme")
    assert "connections/new" not in page
    assert "An owner of the workspace can enable it" in page


async def test_another_workspace_is_unknown(stranger: Visitor) -> None:
    for path in ("/workspace", "/workspace/portals"):
        answer = await stranger.get(f"{path}?workspace=Acme")
        assert answer.status_code == 404
        assert "acme-store" not in answer.text


async def test_statements_do_not_grow_with_connections(admin_api: AdminApi, owner: Visitor) -> None:
    seen: list[str] = []
    engine = admin_api.it.directory.reading.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *it: seen.append(it[2]))
    await owner.text("/workspace?workspace=Acme")
    before = len(seen)
    for _ in range(4):
        await create_connection(admin_api.it.directory, "Acme", RULES, now())
    seen.clear()
    await owner.text("/workspace?workspace=Acme")
    assert len(seen) == before
