"""Can rules be changed in a browser? A preview comes first, and just what it showed is saved."""

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from api.admin.actors import COMMAND
from api.admin.audit import AUDIT
from api.admin.change_rules import change_rules, replace_rules
from api.admin.connection_states import show_connection
from api.admin.rule_choices import RoleChoice, RuleChoices, choices_of
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from contracts.rules import CreateCollaborator, DashboardRules, GroupLine, Role
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.in_process import ingress_on

BRAKE = {"brake_kind": "on", "brake_number": "50", "brake_share": "10"}
PATH = "/connections/acme-store/rules"
KEEP = {
    "on_create": "create-employee",
    "on_deactivate": "nothing",
    **BRAKE,
}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
MARKUP = "<script>alert(1)</script>"


def carried(page: str) -> dict[str, str]:
    """Return what the preview carries along."""
    form = page[page.index('name="on_create"') - 100 :]
    return dict(HIDDEN.findall(form))


async def rules_of(api: AdminApi, connection: str = "acme-store") -> RuleChoices:
    return choices_of((await show_connection(api.it, COMMAND, connection)).rules)


async def test_the_preview_comes_first_and_is_saved_as_it_was(
    owner: Visitor, admin_api: AdminApi
) -> None:
    page = await owner.text(PATH)
    assert "An employee is created" in page
    before = await rules_of(admin_api)
    shown = await owner.send(PATH, KEEP | {"step": "preview"})
    assert shown.status_code == 200
    assert "Nothing would happen" in shown.text
    assert await rules_of(admin_api) == before
    saved = await owner.send(PATH, carried(shown.text) | {"step": "save"})
    assert "Saved." in saved.text
    assert (await rules_of(admin_api)).on_deactivate == "nothing"


async def test_what_was_changed_meanwhile_is_not_overwritten(
    owner: Visitor, admin_api: AdminApi
) -> None:
    await owner.get(PATH)
    shown = await owner.send(PATH, KEEP | {"step": "preview"})
    await change_rules(admin_api.it, COMMAND, "acme-store", RuleChoices(on_create="nothing"))
    refused = await owner.send(PATH, carried(shown.text) | {"step": "save"})
    assert refused.status_code == 409
    assert "changed meanwhile" in refused.text
    assert (await rules_of(admin_api)).on_deactivate == "remove-employee"


async def test_a_draft_leads_back_to_the_form(owner: Visitor) -> None:
    await owner.get(PATH)
    shown = await owner.send(PATH, KEEP | {"step": "preview"})
    form = await owner.send(PATH, carried(shown.text) | {"step": "edit"})
    assert 'name="on_deactivate" value="nothing" checked' in form.text


async def test_a_brake_alone_marks_nobody(owner: Visitor, admin_api: AdminApi) -> None:
    await owner.get(PATH)
    wanted = KEEP | {"on_deactivate": "remove-employee", "brake_number": "7", "brake_share": "8"}
    shown = await owner.send(PATH, wanted | {"step": "preview"})
    assert "Only the brake changes" in shown.text
    await owner.send(PATH, carried(shown.text) | {"step": "save"})
    assert (await show_connection(admin_api.it, COMMAND, "acme-store")).brake == "7:8"
    async with admin_api.it.directory.read() as db:
        changes = select(func.count()).where(AUDIT.c.action == "connections.change")
        assert await db.scalar(changes) == 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"on_deactivate": "remove-employee"}, "Nothing to change"),
        ({"brake_number": "many"}, "brake is off, or a number"),
        ({"on_create": "create-mdm-employee"}, "The creation is one of"),
    ],
    ids=["nothing", "brake", "portal"],
)
async def test_a_wrong_choice_is_told_beside_what_was_chosen(
    owner: Visitor, wrong: dict[str, str], told: str
) -> None:
    await owner.get(PATH)
    answer = await owner.send(PATH, KEEP | wrong | {"step": "preview"})
    assert answer.status_code == 400
    assert told in answer.text
    chosen = wrong.get("on_deactivate", "nothing")
    assert f'name="on_deactivate" value="{chosen}" checked' in answer.text


async def test_who_may_only_look_sees_the_rules_without_a_form(
    viewer: Visitor, admin_api: AdminApi
) -> None:
    page = await viewer.text(PATH)
    assert "An employee is created" in page
    assert 'name="step"' not in page
    for step in ("preview", "save"):
        assert (await viewer.send(PATH, KEEP | {"step": step})).status_code == 403
    assert (await rules_of(admin_api)).on_deactivate == "remove-employee"


async def test_a_stranger_finds_no_rules(stranger: Visitor) -> None:
    assert (await stranger.get(PATH)).status_code == 404
    assert (await stranger.send(PATH, KEEP | {"step": "save"})).status_code == 404


# --- mappings -----------------------------------------------------------------------------------


@pytest.fixture
async def dashboard(directory: DirectoryDatabase) -> AsyncIterator[AdminApi]:
    """Give the console of a workspace with a Dashboard."""
    rules = DashboardRules(on_create=CreateCollaborator(role=Role.VIEWER))
    async with admin_api_on(directory, rules=rules) as served:
        yield served


async def test_a_mapped_group_is_shown_by_its_name_or_as_gone(
    owner: Visitor, viewer: Visitor, admin_api: AdminApi
) -> None:
    directory = admin_api.it.directory
    async with ingress_on(directory, DashboardRules()) as ingress:
        group, path = await ingress.group("Weavers"), f"/connections/{ingress.connection}"
        lines = (
            GroupLine(group=group, role=Role.EDITOR),
            GroupLine(group="left-long-ago", role=Role.ADMIN),
        )
        await replace_rules(directory, ingress.connection, DashboardRules(group_map=lines), now())
        for page in (await owner.text(path), await viewer.text(f"{path}/rules")):
            assert "Group Weavers → Editor" in page
            assert "A group that is gone, <code>left-long-ago</code>, → Admin" in page
            assert "Up to 50 people an hour" in page


async def test_names_are_mapped_with_a_warning_and_more_lines(dashboard: AdminApi) -> None:
    owner = await signed_in(dashboard.app, dashboard.admins["owner"].token)
    path = "/connections/acme-dashboard/rules"
    wanted: dict[str, str | list[str]] = {
        "on_create": "create-collaborator",
        "role": "viewer",
        "on_deactivate": "nothing",
        "name_lines": "rows",
        "name_line": [MARKUP, "Staff", ""],
        "name_role": ["admin", "editor", "viewer"],
        **BRAKE,
    }
    await owner.get(path)
    more = await owner.send(path, wanted | {"more_lines": "yes"})
    assert more.text.count('name="name_line"') == 5
    shown = await owner.send(path, wanted | {"step": "preview"})
    assert "the provider has pushed no group" in shown.text
    assert MARKUP not in more.text + shown.text
    fields = {name: value.replace("&lt;", "<") for name, value in carried(shown.text).items()}
    text = fields["name_text"].replace("&gt;", ">")
    await owner.send(path, fields | {"name_text": text, "step": "save"})
    chosen = await rules_of(dashboard, "acme-dashboard")
    assert chosen.role_map == (RoleChoice(MARKUP, "admin"), RoleChoice("Staff", "editor"))
    assert MARKUP not in (await owner.get(path)).text


@pytest.mark.parametrize("lines", [300, 5_000])
async def test_a_long_mapping_makes_no_large_page_and_stays(
    dashboard: AdminApi, lines: int
) -> None:
    owner = await signed_in(dashboard.app, dashboard.admins["owner"].token)
    path, names = "/connections/acme-dashboard/rules", [f"Team {it} & co" for it in range(lines)]
    given = RuleChoices(role_map=[RoleChoice(name, "editor") for name in names])
    await change_rules(dashboard.it, COMMAND, "acme-dashboard", given)
    page = await owner.get(path)
    assert len(page.content) < 100_000
    is_kept = "too many for this page" in page.text
    assert is_kept is (lines > 1_000)
    wanted = {"on_create": "nothing", "on_deactivate": "nothing"} | BRAKE
    if is_kept:
        wanted["name_lines"] = "kept"
    else:
        wanted |= {"name_lines": "text", "name_text": "\r\n".join(f"{it}=editor" for it in names)}
    shown = await owner.send(path, wanted | {"step": "preview"})
    assert len(shown.content) < 100_000
    fields = {name: value.replace("&amp;", "&") for name, value in carried(shown.text).items()}
    await owner.send(path, fields | {"step": "save"})
    chosen = await rules_of(dashboard, "acme-dashboard")
    assert chosen.on_create == "nothing"
    assert len(chosen.role_map or ()) == lines
