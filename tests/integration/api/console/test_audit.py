"""Does the audit page tell in plain words who changed what, and how it was before?"""

import pytest

from api.admin.accounts import add_account
from api.admin.actors import COMMAND, Actor, Power
from api.admin.audit import Change, Outcome, begun, record
from api.admin.brakes import change_brake
from api.admin.connections import open_connection
from api.admin.devices import add_device
from api.admin.lock_person import lock_person
from api.admin.resync import resync
from api.console.brake_forms import told_limit
from api.console.differences import MOST_LINES
from api.console.pages.audit import ON_A_PAGE
from api.directory.brake_limits import BrakeLimit
from api.errors import NotHeld
from api.traces import new_trace
from contracts.clock import now
from contracts.rules import CreateCollaborator, DashboardRules, Portal, Role, RoleLine
from tests.drivers.admin_http import RULES, AdminApi
from tests.drivers.browsers import Visitor, link_of
from tests.drivers.in_process import ingress_on

AUDIT = "/audit?workspace=Acme"
MARKUP = "<script>alert('x')</script>"


def owner_of(api: AdminApi) -> Actor:
    return Actor(f"admin:{api.admins['owner'].id}", "Acme", Power.OWN)


async def changes(api: AdminApi, number: int, *, actor: Actor = COMMAND) -> None:
    """Record as many changes of Acme."""
    async with api.it.directory.write() as db:
        for each in range(number):
            change = Change("connections.brake", "Acme", "acme-store", after={"brake": f"{each}:5"})
            await record(db, actor, change, now(), new_trace())


async def test_a_change_is_told_with_what_differs(admin_api: AdminApi, viewer: Visitor) -> None:
    await change_brake(admin_api.it, COMMAND, "acme-store", "20:5")
    page = await viewer.text(AUDIT)
    assert "Set the brake" in page
    assert "The command line" in page
    before, after = (told_limit(BrakeLimit(*each)) for each in ((50, 10), (20, 5)))
    assert f'<td data-name="Before">{before}</td>' in page
    assert f'<td data-name="After">{after}</td>' in page
    assert "Created the connection" in page


async def test_owners_are_told_the_names_of_administrators(
    admin_api: AdminApi, owner: Visitor, viewer: Visitor
) -> None:
    actor = owner_of(admin_api)
    await change_brake(admin_api.it, actor, "acme-store", "20:5")
    assert "owner (administrator)" in await owner.text(AUDIT)
    page = await viewer.text(AUDIT)
    assert f"Administrator {actor.name.removeprefix('admin:')}" in page
    assert "owner (administrator)" not in page


async def test_people_are_named_and_led_to(admin_api: AdminApi, viewer: Visitor) -> None:
    async with ingress_on(admin_api.it.directory) as ingress:
        ada, connection = await ingress.user("ada@acme.test"), ingress.connection
        await lock_person(admin_api.it, COMMAND, connection, ada)
        await resync(admin_api.it, COMMAND, connection, ada)
        page = await viewer.text(AUDIT)
    assert "Locked a person" in page
    assert (
        page.count(f'href="/console/people/{connection}/{ada}" title="Id {ada}">ada@acme.test</a>')
        == 2
    )


async def test_devices_accounts_and_groups_are_named_as_long_as_they_are_there(
    admin_api: AdminApi, viewer: Visitor
) -> None:
    it = admin_api.it
    await add_account(it, COMMAND, "Acme", Portal.MDM, "ada@acme.test")
    device = await add_device(it, COMMAND, "Acme", "S-1", assigned_to="ada@acme.test")
    async with ingress_on(it.directory) as ingress:
        group = await ingress.group("Sales")
        lines = {"group_map": [{"group": group, "role": "editor"}]}
        change = Change("connections.change", "Acme", ingress.connection, after=lines)
        lost = Change("devices.remove", "Acme", subject="of-old", before={"account": "forgotten"})
        async with it.directory.write() as db:
            for each in (change, lost):
                await record(db, COMMAND, each, now(), new_trace())
        page = await viewer.text(AUDIT)
        link = f'href="/console/groups/{ingress.connection}/{group}" title="Id {group}"'
        assert f"{link}>People of the group Sales</a>" in page
    link = f'href="/console/devices/{device.id}?workspace=Acme" title="Id {device.id}"'
    assert f"{link}>Device S-1</a>" in page
    assert "Account ada@acme.test" in page
    assert f'<span title="Id {device.account}">ada@acme.test</span>' in page
    assert "Device of-old" in page
    assert '<td data-name="As it was">forgotten</td>' in page


async def test_a_change_of_several_steps_stands_once(admin_api: AdminApi, owner: Visitor) -> None:
    async with begun(admin_api.it, COMMAND, Change("policies.add", "Acme", after={"policy": "P1"})):
        pass
    page = await owner.text(AUDIT)
    assert "Added a policy" in page
    assert "Began to add a policy" not in page


async def test_a_change_that_failed_is_told_as_an_attempt(
    admin_api: AdminApi, owner: Visitor
) -> None:
    change = Change("held.approve", "Acme", "acme-store", after={"identities": ["a", "b"]})
    with pytest.raises(NotHeld):
        async with begun(admin_api.it, COMMAND, change):
            raise NotHeld("acme-store", frozenset({"a"}))
    page = await owner.text(AUDIT)
    assert "Tried to approve what the brake held" in page
    assert '<span class="badge bad">Failed</span>' in page


async def test_a_change_without_an_end_is_told_as_begun(
    admin_api: AdminApi, owner: Visitor
) -> None:
    change = Change("devices.remove", "Acme", subject="d1", before={"account": "a1"})
    async with admin_api.it.directory.write() as db:
        await record(db, COMMAND, change, now(), new_trace(), Outcome.BEGUN)
    page = await owner.text(AUDIT)
    assert "Began to remove a device" in page
    assert "Only the start is recorded here" in page
    assert "Device d1" in page
    assert '<td data-name="As it was">a1</td>' in page


async def test_changes_are_read_page_by_page(admin_api: AdminApi, owner: Visitor) -> None:
    await changes(admin_api, 2 * ON_A_PAGE)
    path, seen = AUDIT, []
    for _ in range(3):
        answer = await owner.get(path)
        seen.append(answer.text.count('<li class="card">'))
        path = link_of(answer.text, "next") or path
    assert seen[:2] == [ON_A_PAGE, ON_A_PAGE]
    assert 0 < seen[2] < ON_A_PAGE, "who made the connection and the administrators"
    assert link_of(answer.text, "prev") is not None


async def test_changes_of_one_connection_are_chosen(admin_api: AdminApi, owner: Visitor) -> None:
    made = await open_connection(admin_api.it, COMMAND, "Acme", RULES)
    await change_brake(admin_api.it, COMMAND, "acme-store", "20:5")
    page = await owner.text(f"{AUDIT}&connection={made.connection}")
    assert page.count('<li class="card">') == 1
    assert f"<option selected>{made.connection}</option>" in page


async def test_another_workspace_learns_nothing(admin_api: AdminApi, stranger: Visitor) -> None:
    await change_brake(admin_api.it, COMMAND, "acme-store", "20:5")
    for path in (AUDIT, "/audit?workspace=Other&connection=acme-store"):
        answer = await stranger.get(path)
        assert answer.status_code == 404
        assert "brake" not in answer.text
    assert "Set the brake" not in await stranger.text("/audit")


async def test_an_operator_sees_no_other_workspace_by_a_connection(
    admin_api: AdminApi, operator: Visitor
) -> None:
    await change_brake(admin_api.it, COMMAND, "acme-store", "20:5")
    page = await operator.text("/audit?workspace=Other&connection=acme-store")
    assert "Set the brake" not in page
    assert "No changes yet" in page


async def test_markup_in_stored_fields_is_inert(admin_api: AdminApi, owner: Visitor) -> None:
    mapped = (RoleLine(name=MARKUP, role=Role.EDITOR),)
    rules = DashboardRules(on_create=CreateCollaborator(role=Role.VIEWER), role_map=mapped)
    await open_connection(admin_api.it, COMMAND, "Acme", rules)
    wild = Change(MARKUP, "Acme", MARKUP, MARKUP, {MARKUP: MARKUP}, {MARKUP: [MARKUP, "y"]})
    async with admin_api.it.directory.write() as db:
        await record(db, Actor(MARKUP, None, Power.OPERATE), wild, now(), new_trace())
    for path in (AUDIT, f"{AUDIT}&connection=acme-store"):
        answer = await owner.get(path)
        assert MARKUP not in answer.text
        assert "Created the connection" in answer.text
    assert (await owner.get(AUDIT)).text.count("&lt;script&gt;") >= 5


async def test_no_page_is_large(admin_api: AdminApi, owner: Visitor) -> None:
    lines = [{"name": f"{number} {'&' * 500}", "role": "editor"} for number in range(1_000)]
    change = Change(
        "connections.change",
        "Acme",
        "acme-store",
        before={"role_map": lines[:500]},
        after={"role_map": lines[500:]},
    )
    async with admin_api.it.directory.write() as db:
        for _ in range(ON_A_PAGE):
            await record(db, COMMAND, change, now(), new_trace())
    answer = await owner.get(AUDIT)
    assert answer.text.count(f"and {1_000 - MOST_LINES} more") == ON_A_PAGE
    assert len(answer.content) < 100_000
