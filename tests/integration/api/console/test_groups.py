"""Are groups shown with their members and the roles that they are mapped to?"""

from collections.abc import AsyncIterator

import pytest

from contracts.rules import DashboardRules, GroupLine, Role, RoleLine
from tests.drivers.admin_http import AdminApi
from tests.drivers.browsers import Visitor
from tests.drivers.in_process import GROUP, USER, Ingress, ingress_on
from tests.servers.both_databases import on_both_databases

RULES = DashboardRules(role_map=(RoleLine(name="staff", role=Role.EDITOR),))
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def ingress(admin_api: AdminApi) -> AsyncIterator[Ingress]:
    """Give a connection of Acme to the Dashboard, with a mapped name."""
    async with ingress_on(admin_api.it.directory, RULES) as ingress:
        yield ingress


async def test_groups_are_listed_with_members_and_role(viewer: Visitor, ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada@acme.test"), await ingress.user("ben@acme.test")
    await ingress.group("Staff", ada, ben)
    await ingress.group(MARKUP)
    page = (await viewer.get("/groups?workspace=Acme")).text
    assert MARKUP not in page
    [staff] = [row for row in page.split("<tr>") if ">Staff<" in row]
    assert ">2</td>" in staff
    assert ">Editor<" in staff
    assert "Editor" in (await viewer.get(f"/groups?connection={ingress.connection}")).text
    assert "No group has been pushed yet" in await viewer.text("/groups?connection=acme-store")


async def test_a_group_that_is_mapped_by_its_id_has_the_role(
    viewer: Visitor, ingress: Ingress, admin_api: AdminApi
) -> None:
    group = await ingress.group("Board")
    mapped = DashboardRules(group_map=(GroupLine(group=group, role=Role.ADMIN),))
    async with ingress_on(admin_api.it.directory, mapped) as other:
        page = await viewer.text(f"/groups/{ingress.connection}/{group}")
        assert "Admin" not in page, "the rules of another connection map nothing here"
        assert (await viewer.get(f"/groups/{other.connection}/{group}")).status_code == 404


@on_both_databases
async def test_members_are_shown_page_by_page_with_nested_groups(
    viewer: Visitor, ingress: Ingress
) -> None:
    users = [
        {"schemas": [USER], "userName": f"p{each}@acme.test", "displayName": MARKUP}
        for each in range(60)
    ]
    people = await ingress.together("/Users", users)
    inner = await ingress.group("Inner")
    outer = await ingress.group("Outer", inner, *people)
    first = await viewer.text(f"/groups/{ingress.connection}/{outer}")
    assert "60 people and 1 group" in first
    assert "counts for itself alone" in first
    [following] = [it.split('"')[0] for it in first.split('href="')[1:] if 'rel="next"' in it]
    second = await viewer.text(following.removeprefix("/console"))
    both = first + second
    for id_ in people:
        assert both.count(f"/people/{ingress.connection}/{id_}") == 1
    assert f"/groups/{ingress.connection}/{inner}" in both
    assert MARKUP not in (await viewer.get(f"/groups/{ingress.connection}/{outer}")).text


@on_both_databases
async def test_groups_go_on_over_the_connections(viewer: Visitor, ingress: Ingress) -> None:
    groups = [{"schemas": [GROUP], "displayName": f"group {each:02}"} for each in range(49)]
    await ingress.together("/Groups", groups)
    async with ingress_on(ingress.database, RULES) as other:
        await other.group("first")
        await other.group("second")
        first = await viewer.text("/groups?workspace=Acme")
        assert first.count('data-name="Group"') == 50
        [following] = [it.split('"')[0] for it in first.split('href="')[1:] if 'rel="next"' in it]
        assert "group" not in following.partition("?")[2], "no name is in the URL"
        second = await viewer.text(following.removeprefix("/console"))
        assert second.count('data-name="Group"') == 1
        assert ">second<" in second


async def test_an_empty_group_says_so(viewer: Visitor, ingress: Ingress) -> None:
    group = await ingress.group("Empty")
    page = await viewer.text(f"/groups/{ingress.connection}/{group}")
    assert "Nobody is in this group" in page
    assert "Map the group to a role" not in page, "a viewer changes no rules"


async def test_the_groups_of_others_are_unknown(
    stranger: Visitor, viewer: Visitor, ingress: Ingress
) -> None:
    group = await ingress.group("Staff")
    path = f"/groups/{ingress.connection}/{group}"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get("/groups?workspace=Acme")).status_code == 404
    of_other = f"/groups?workspace=Other&connection={ingress.connection}"
    assert (await stranger.get(of_other)).status_code == 404
    unknown = await viewer.get(f"/groups/{ingress.connection}/nothing")
    assert unknown.status_code == 404
    assert "has no group with this id" in unknown.text
