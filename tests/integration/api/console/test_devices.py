"""Do the pages tell who has which device, under which policy, since when and by which rule?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from api.admin.accounts import add_account
from api.admin.actors import COMMAND
from api.admin.devices import add_device, list_devices
from api.admin.policies import add_policy
from contracts.downstream.devices import DeviceFilter, ListedDevice
from contracts.rules import ChangePolicy, CreateMdmEmployee, MdmRules, Portal
from tests.drivers.admin_http import AdminApi
from tests.drivers.both_sides import Installation, installation_on
from tests.drivers.browsers import Visitor
from tests.drivers.counted_statements import counted_statements
from tests.drivers.whole_console import WholeConsole, whole_console
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.migrated import NewDatabase

ADA, MARKUP = "ada@acme.test", "<b>bold</b>"
RULES = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy="Locked"))


@pytest.fixture
async def console(new_database_url: NewDatabase) -> AsyncIterator[WholeConsole]:
    """Give the console in front of both sides."""
    async with whole_console(new_database_url) as served:
        yield served


@pytest.fixture
async def admin_api(console: WholeConsole) -> AdminApi:
    """Give its administrators."""
    return console.api


@dataclass(frozen=True, slots=True)
class Mdm:
    """An MDM Portal with Ada, who has a laptop under the policy Standard."""

    installation: Installation
    ada: str
    laptop: ListedDevice

    @property
    def person(self) -> str:
        """Return the path of Ada's page."""
        return f"/people/{self.installation.ingress.connection}/{self.ada}"


@pytest.fixture
async def mdm(console: WholeConsole) -> AsyncIterator[Mdm]:
    """Give the portal."""
    it = console.api.it
    async with installation_on(console.databases, RULES) as installation:
        ada = await installation.ingress.user(ADA)
        await installation.deliver()
        for policy in ("Locked", "Standard"):
            await add_policy(it, COMMAND, "Acme", policy)
        laptop = await add_device(it, COMMAND, "Acme", "L-1", policy="Standard", assigned_to=ADA)
        yield Mdm(installation, ada, laptop)


async def serials(api: AdminApi) -> list[str]:
    found = list_devices(api.it, COMMAND, "Acme", DeviceFilter(removed=False))
    return [device.serial async for device in found]


async def test_a_device_is_shown_with_who_has_it_and_since_when(mdm: Mdm, viewer: Visitor) -> None:
    page = await viewer.text("/devices?workspace=Acme")
    assert f'href="/console{mdm.person}"' in page
    assert f'href="/console/devices/{mdm.laptop.id}?workspace=Acme"' in page
    assert "just now" in page
    assert "by the command line" in page
    assert "Standard" in page


async def test_a_device_tells_the_rule_that_has_acted_on_it(mdm: Mdm, viewer: Visitor) -> None:
    leave = {"op": "replace", "path": "active", "value": False}
    await mdm.installation.ingress.patch(f"/Users/{mdm.ada}", leave)
    await mdm.installation.deliver()
    connection = mdm.installation.ingress.connection
    for path in ("/devices?workspace=Acme", f"/devices/{mdm.laptop.id}?workspace=Acme"):
        page = await viewer.text(path)
        assert f'<a href="/console/connections/{connection}/rules">rule of {connection}</a>' in page
        assert "Locked" in page
    assert f'<a href="/console{mdm.person}">{ADA}</a> left' in page


async def test_a_device_tells_what_will_become_of_it(mdm: Mdm, viewer: Visitor) -> None:
    page = await viewer.text(f"/devices/{mdm.laptop.id}?workspace=Acme")
    assert "When the person leaves" in page
    assert "Change policy to Locked" in page


async def test_the_list_is_narrowed(mdm: Mdm, owner: Visitor) -> None:
    await add_device(mdm.installation.administration, COMMAND, "Acme", "L-2", policy="Locked")
    await owner.get("/devices?workspace=Acme")
    for fields, there, away in (
        ({"search": "L-2"}, "L-2", "L-1"),
        ({"search": ADA.upper()}, "L-1", "L-2"),
        ({"assigned": "no"}, "L-2", "L-1"),
        ({"assigned": "yes"}, "L-1", "L-2"),
        ({"policy": "Standard"}, "L-1", "L-2"),
        ({"state": "all", "policy": "Locked"}, "L-2", "L-1"),
    ):
        answer = await owner.send("/devices", {"workspace": "Acme", **fields})
        assert f">{there}</a>" in answer.text
        assert f">{away}</a>" not in answer.text
        assert "ada%40" not in str(answer.url).lower()
    answer = await owner.send("/devices", {"workspace": "Acme", "state": "removed"})
    assert "No device is like that" in answer.text


async def test_the_numbers_stand_in_the_head(mdm: Mdm, owner: Visitor) -> None:
    it = mdm.installation.administration
    other = await add_device(it, COMMAND, "Acme", "L-2")
    await owner.get(f"/devices/{other.id}/remove?workspace=Acme")
    await owner.send(f"/devices/{other.id}/remove?workspace=Acme")
    page = await owner.text("/devices?workspace=Acme")
    figures = page[page.index('<dl class="figures">') : page.index("</dl>")]
    assert [part.partition("</dd>")[0] for part in figures.split("<dd>")[1:]] == list("1101")


async def test_a_long_list_has_pages(admin_api: AdminApi, viewer: Visitor) -> None:
    for number in range(51):
        await add_device(admin_api.it, COMMAND, "Acme", f"S-{number:02}")
    page = await viewer.text("/devices?workspace=Acme")
    assert "S-49" in page
    assert "S-50" not in page
    following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    page = await viewer.text(following.removeprefix("/console"))
    assert "S-50" in page
    assert "S-49" not in page


@pytest.mark.usefixtures("mdm")
async def test_a_device_is_added_changed_and_removed(owner: Visitor, admin_api: AdminApi) -> None:
    await owner.get("/devices/new?workspace=Acme")
    added = await owner.send(
        "/devices/new", {"workspace": "Acme", "serial": "N-1", "assigned_to": ADA}
    )
    place = added.url.path.removeprefix("/console")
    assert "The device was added." in added.text
    for path, fields, told in (
        ("policy", {"policy": "Locked"}, "The policy was changed."),
        ("policy", {"policy": ""}, "under no policy now"),
        ("assign", {"nobody": "yes"}, "assigned to nobody now"),
        ("assign", {"assigned_to": ADA}, "The device was assigned."),
    ):
        answer = await owner.send(f"{place}/{path}?workspace=Acme", fields)
        assert told in answer.text
    asked = await owner.text(f"{place}/remove?workspace=Acme")
    assert "1 device leaves the inventory" in asked
    assert ADA in asked
    assert "No wipe is sent" in asked
    gone = await owner.send(f"{place}/remove?workspace=Acme")
    assert "was removed from the inventory" in gone.text
    assert await serials(admin_api) == ["L-1"]


async def test_a_form_keeps_what_was_typed(mdm: Mdm, owner: Visitor) -> None:
    await owner.get("/devices/new?workspace=Acme")
    fields = {"workspace": "Acme", "serial": "N-1", "assigned_to": "nobody@acme.test"}
    answer = await owner.send("/devices/new", fields)
    assert answer.status_code == 404
    assert 'value="N-1"' in answer.text
    assert "no account with this e-mail" in answer.text
    assert "Type the e-mail of a person" in answer.text
    answer = await owner.send(
        f"/devices/{mdm.laptop.id}/assign?workspace=Acme", {"assigned_to": "nobody@acme.test"}
    )
    assert answer.status_code == 404
    assert 'value="nobody@acme.test"' in answer.text


async def test_policies_tell_what_needs_them(mdm: Mdm, owner: Visitor) -> None:
    connection = mdm.installation.ingress.connection
    page = await owner.text("/policies?workspace=Acme")
    assert 'href="/console/devices?workspace=Acme&policy=Standard">1</a>' in page
    assert f'href="/console/connections/{connection}/rules">{connection}</a>' in page
    asked = await owner.text("/policies/remove?workspace=Acme&policy=Standard")
    assert "1 device is" in asked
    assert "Remove the policy<" not in asked
    asked = await owner.text("/policies/remove?workspace=Acme&policy=Locked")
    assert f"rules of {connection}" in asked
    answer = await owner.send("/policies/remove", {"workspace": "Acme", "policy": "Locked"})
    assert answer.status_code == 409


async def test_a_policy_is_added_and_removed(owner: Visitor) -> None:
    page = await owner.text("/policies?workspace=Acme")
    assert "There is no policy yet" in page
    name = {"workspace": "Acme", "policy": "a/b & c"}
    answer = await owner.send("/policies", name)
    assert "a/b &amp; c was added" in answer.text
    answer = await owner.send("/policies", name)
    assert answer.status_code == 409
    assert 'value="a/b &amp; c"' in answer.text
    asked = await owner.text("/policies/remove?workspace=Acme&policy=a/b%20%26%20c")
    assert "no rule names it: nothing changes" in asked
    answer = await owner.send("/policies/remove", name)
    assert "a/b &amp; c was removed" in answer.text
    again = await owner.send("/policies/remove", name)
    assert "There is no such policy any more." in again.text


async def test_a_missing_policy_is_told(
    console: WholeConsole, owner: Visitor, viewer: Visitor
) -> None:
    async with installation_on(console.databases, RULES):
        assert "people who leave by these rules keep" in await viewer.text("/policies")
        page = await owner.text("/policies?workspace=Acme")
        assert "Missing" in page
        await owner.send("/policies", {"workspace": "Acme", "policy": "Locked"})
        assert "Missing" not in await owner.text("/policies?workspace=Acme")


async def test_a_viewer_finds_no_form_and_changes_nothing(mdm: Mdm, viewer: Visitor) -> None:
    place = f"/devices/{mdm.laptop.id}"
    for path in (
        *("/devices?workspace=Acme", "/devices/new?workspace=Acme", f"{place}?workspace=Acme"),
        *(f"{place}/remove?workspace=Acme", "/policies?workspace=Acme"),
        "/policies/remove?workspace=Acme&policy=Standard",
    ):
        page = await viewer.text(path)
        forms = page.count('method="post"')
        narrowing = path.startswith("/devices?")
        assert forms == 1 + narrowing, path
    for path, fields in (
        ("/devices/new", {"serial": "X"}),
        (f"{place}/assign?workspace=Acme", {"nobody": "yes"}),
        (f"{place}/policy?workspace=Acme", {"policy": ""}),
        (f"{place}/remove?workspace=Acme", {}),
        ("/policies", {"workspace": "Acme", "policy": "X"}),
        ("/policies/remove", {"workspace": "Acme", "policy": "Standard"}),
    ):
        assert (await viewer.send(path, fields)).status_code == 403
    found = list_devices(mdm.installation.administration, COMMAND, "Acme")
    assert [device async for device in found] == [mdm.laptop]


async def test_another_workspace_gets_nothing(mdm: Mdm, stranger: Visitor) -> None:
    place = f"/devices/{mdm.laptop.id}"
    await stranger.get("/devices")
    for query in ("?workspace=Acme", "?workspace=Other"):
        for path in (place, f"{place}/remove"):
            assert (await stranger.get(path + query)).status_code == 404
        for path in (f"{place}/assign", f"{place}/policy", f"{place}/remove"):
            assert (await stranger.send(path + query)).status_code == 404
    for path in ("/devices", "/devices/new", "/policies", "/policies/remove"):
        assert (await stranger.get(f"{path}?workspace=Acme")).status_code == 404
        fields = {"workspace": "Acme", "policy": "Standard", "serial": "X"}
        if path != "/devices":
            assert (await stranger.send(path, fields)).status_code == 404
    assert "L-1" not in await stranger.text("/devices")


async def test_markup_in_names_is_inert(mdm: Mdm, owner: Visitor) -> None:
    it = mdm.installation.administration
    await add_policy(it, COMMAND, "Acme", MARKUP)
    await add_account(it, COMMAND, "Acme", Portal.MDM, "<i>@x.test")
    device = await add_device(it, COMMAND, "Acme", MARKUP, policy=MARKUP, assigned_to="<i>@x.test")
    for path in ("/devices", f"/devices/{device.id}", f"/devices/{device.id}/remove", "/policies"):
        page = (await owner.get(f"{path}?workspace=Acme")).text
        assert MARKUP not in page
        assert "<i>@" not in page
        assert "&lt;b&gt;bold" in page


@on_new_databases_of_both
@pytest.mark.usefixtures("mdm")
async def test_a_page_takes_as_many_statements_for_one_device_as_for_many(
    console: WholeConsole, viewer: Visitor
) -> None:
    paths = ("/devices?workspace=Acme", "/policies?workspace=Acme")
    for path in paths:
        with counted_statements(console.databases) as before:
            await viewer.text(path)
        for number in range(5):
            at = f"{path[1]}{number}"
            await add_device(console.api.it, COMMAND, "Acme", at, policy="Standard")
            await add_policy(console.api.it, COMMAND, "Acme", at)
        with counted_statements(console.databases) as after:
            await viewer.text(path)
        assert len(before) == len(after) < 30
