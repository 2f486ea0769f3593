"""Is SCIM enabled, looked at and reached by the pages of connections?"""

import re
from dataclasses import replace
from html import unescape

import pytest

from api.admin.actors import COMMAND
from api.admin.delete_connection import delete_connection
from api.admin.list_audit import list_changes
from api.admin.tokens import TokenState, list_tokens
from api.directory.closing import People
from api.directory.dialects import DirectoryDatabase
from contracts.rules import Portal
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.administration import administration_on
from tests.drivers.browsers import CONSOLE_PATH, CONSOLE_URL, Visitor, signed_in

STORE = {"workspace": "Acme", "portal": "store"}
BRAKE = {"brake_kind": "on", "brake_number": "50", "brake_share": "10"}
EMPLOYEES = {"on_create": "create-employee", "on_deactivate": "remove-employee"}
WANTED = STORE | BRAKE | EMPLOYEES
TOKEN = re.compile(r"muster_[A-Za-z0-9_-]{40,}")
LINK = re.compile(r'value="(https://admin\.test/console/set-up/[^"]+)"')


async def test_the_form_offers_what_the_portal_has(admin_api: AdminApi, owner: Visitor) -> None:
    admin_api.platform.policies.add(("Acme", "Quarantine"))
    page = await owner.text("/connections/new?workspace=Acme&portal=mdm")
    for words in ("An MDM employee is created", "Nothing", "Unassign", "Change policy"):
        assert words in page
    for words in ("Remove user", "Remove user and devices", "Quarantine", "Only observe at first"):
        assert words in page
    page = await owner.text("/connections/new?workspace=Acme&portal=store")
    assert "An employee is created" in page
    assert "Quarantine" not in page
    page = await owner.text("/connections/new?workspace=Acme&portal=dashboard")
    assert "A collaborator is created" in page


async def test_without_a_portal_one_is_chosen_first(owner: Visitor) -> None:
    for path in ("/connections/new?workspace=Acme", "/connections/new?portal=shop"):
        page = await owner.text(path)
        assert all(name in page for name in ("Dashboard", "Enterprise Store", "MDM Portal"))


async def test_a_new_connection_shows_base_url_and_token_once(owner: Visitor) -> None:
    await owner.get("/connections/new?workspace=Acme&portal=store")
    made = await owner.send("/connections/new", WANTED)
    assert made.url.path == "/console/connections/acme-store-2"
    assert "https://muster.test/scim/v2/acme-store-2" in made.text
    assert made.text.count("data-copy=") >= 2
    token = TOKEN.search(made.text)
    assert token is not None
    again = await owner.text("/connections/acme-store-2")
    assert not TOKEN.search(again)
    assert "https://muster.test/scim/v2/acme-store-2" in again


async def test_a_token_waits_for_its_page_while_others_are_looked_at(owner: Visitor) -> None:
    await owner.get("/connections/new?workspace=Acme&portal=store")
    form = {"csrf": owner.csrf, **WANTED}
    made = await owner.http.post(f"{CONSOLE_URL}/connections/new", data=form)
    assert made.status_code == 303
    for path in ("/people?workspace=Acme", "/connections/acme-store", "/connections/nothing"):
        page = (await owner.get(path)).text
        assert "SCIM is enabled" not in page, path
        assert not TOKEN.search(page), path
    path = made.headers["location"].removeprefix(CONSOLE_PATH)
    page = await owner.text(path)
    assert "SCIM is enabled" in page
    assert TOKEN.search(page)
    assert not TOKEN.search(await owner.text(path))


async def test_a_form_for_a_token_that_is_sent_twice_leaves_the_first_token_to_be_shown(
    owner: Visitor,
) -> None:
    path = f"{CONSOLE_URL}/connections/acme-store/tokens/new"
    await owner.get("/connections/acme-store/tokens/new")
    form = {"csrf": owner.csrf, "earlier": "keep"}
    assert (await owner.http.post(path, data=form)).status_code == 303
    again = await owner.http.post(path, data=form)
    assert again.status_code == 409
    assert not TOKEN.search(again.text)
    assert TOKEN.search(await owner.text("/connections/acme-store"))


async def test_a_connection_starts_as_was_chosen(admin_api: AdminApi, owner: Visitor) -> None:
    await owner.get("/connections/new?workspace=Acme&portal=dashboard")
    rules = {"on_create": "create-collaborator", "role": "editor", "on_deactivate": "nothing"}
    wanted = STORE | rules | {"portal": "dashboard", "observe": "yes", "brake_kind": "off"}
    page = unescape((await owner.send("/connections/new", wanted)).text)
    assert "Nothing is applied while the connection is observing" in page
    assert "with the role Editor" in page
    assert "however many people the provider deactivates" in page
    shown = await admin_api.owner.get("/connections/acme-dashboard")
    assert (shown["state"], shown["brake"]) == ("observing", "off")
    assert shown["rules"]["on_create"] == {"do": "create-collaborator", "role": "editor"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"brake_number": "many"}, "brake"),
        ({"brake_share": "101"}, "brake"),
        ({"on_create": "hire"}, "creation is one of"),
        ({"portal": "mdm", "on_create": "nothing", "on_deactivate": "change-policy"}, "policy"),
    ],
    ids=["number", "share", "creation", "policy"],
)
async def test_what_was_filled_in_is_kept_beside_the_mistake(
    admin_api: AdminApi, owner: Visitor, wrong: dict[str, str], says: str
) -> None:
    await owner.get("/connections/new?workspace=Acme&portal=store")
    answer = await owner.send("/connections/new", WANTED | {"brake_number": "77"} | wrong)
    assert answer.status_code == 400
    assert says in unescape(answer.text)
    assert wrong.get("brake_number", "77") in answer.text
    assert len((await admin_api.owner.get("/connections"))["items"]) == 1


async def test_a_token_is_made_beside_the_present_one_and_shown_once(
    admin_api: AdminApi, owner: Visitor
) -> None:
    await owner.text("/connections/acme-store/tokens/new")
    form = {"earlier": "keep", "name": "next year", "days": "365"}
    made = await owner.send("/connections/acme-store/tokens/new", form)
    assert TOKEN.search(made.text)
    assert not TOKEN.search(await owner.text("/connections/acme-store"))
    newest, oldest = await list_tokens(admin_api.it, COMMAND, "acme-store")
    assert (newest.name, newest.state, oldest.state) == ("next year", "live", "live")
    assert newest.expires_at is not None
    third = await owner.send("/connections/acme-store/tokens/new", {"earlier": "keep"})
    assert third.status_code == 409
    assert "2 live tokens" in unescape(third.text)
    assert "Make the token" in third.text
    named = await owner.send("/connections/acme-store/tokens/new", {"earlier": "end", "name": "\n"})
    assert named.status_code == 200, "a name of blanks is none"
    wrong = {"earlier": "end", "name": "a" * 101}
    named = await owner.send("/connections/acme-store/tokens/new", wrong)
    assert named.status_code == 400
    assert "a" * 101 in named.text


@pytest.mark.parametrize(("earlier", "left"), [("end", 1), ("keep-newest", 2)])
async def test_a_token_replaces_earlier_ones(
    admin_api: AdminApi, owner: Visitor, earlier: str, left: int
) -> None:
    await owner.text("/connections/acme-store/tokens/new")
    await owner.send("/connections/acme-store/tokens/new", {"earlier": "keep"})
    await owner.text("/connections/acme-store/tokens/new")
    await owner.send("/connections/acme-store/tokens/new", {"earlier": earlier})
    tokens = await list_tokens(admin_api.it, COMMAND, "acme-store", revoked=True)
    assert len(tokens) == 3
    assert sum(token.state is TokenState.LIVE for token in tokens) == left


async def test_a_token_is_revoked_after_its_consequence_is_told(
    admin_api: AdminApi, owner: Visitor
) -> None:
    [token] = await list_tokens(admin_api.it, COMMAND, "acme-store")
    path = f"/connections/acme-store/tokens/{token.id}/revoke"
    page = await owner.text(path)
    assert "the only token that lives" in page
    assert "never used" in page
    assert "The token has ended" in (await owner.send(path)).text
    assert await list_tokens(admin_api.it, COMMAND, "acme-store") == []
    assert "No token lives" in await owner.text("/connections/acme-store")
    assert (await owner.get("/connections/acme-store/tokens/nothing/revoke")).status_code == 404


async def test_a_set_up_link_is_shown_once_listed_and_revoked(owner: Visitor) -> None:
    await owner.text("/connections/acme-store")
    made = await owner.send("/connections/acme-store/setup-links", {"days": "30"})
    link = LINK.search(made.text)
    assert link is not None
    page = await owner.text("/connections/acme-store")
    assert link[1] not in page
    assert "in 1 month" in page
    [id_] = re.findall(r"/setup-links/([0-9a-f]+)/revoke", page)
    path = f"/connections/acme-store/setup-links/{id_}/revoke"
    assert "It has not been used yet" in await owner.text(path)
    await owner.send(path)
    assert "Revoked" in await owner.text("/connections/acme-store")
    assert (await owner.get("/connections/acme-store/setup-links/no/revoke")).status_code == 404


async def test_a_set_up_link_waits_for_the_page_of_its_connection(owner: Visitor) -> None:
    await owner.text("/connections/acme-store")
    form = {"csrf": owner.csrf, "days": "7"}
    await owner.http.post(f"{CONSOLE_URL}/connections/acme-store/setup-links", data=form)
    assert not LINK.search(await owner.text("/people?workspace=Acme"))
    page = await owner.text("/connections/acme-store")
    assert LINK.search(page)
    assert "in 7 days" in page


async def test_a_set_up_link_begins_with_the_address_of_the_setting(
    directory: DirectoryDatabase,
) -> None:
    it = replace(administration_on(directory), console_url="https://muster.example.com")
    async with admin_api_on(directory, served=it) as api:
        owner = await signed_in(api.app, api.admins["owner"].token)
        await owner.text("/connections/acme-store")
        made = await owner.send("/connections/acme-store/setup-links", {"days": "1"})
    assert 'value="https://muster.example.com/console/set-up/muster_' in made.text


async def test_a_connection_that_closes_is_looked_at_alone(
    admin_api: AdminApi, owner: Visitor
) -> None:
    await delete_connection(admin_api.it, COMMAND, "acme-store", People.KEEP)
    page = await owner.text("/connections/acme-store")
    assert "is being deleted. 0 people are left" in page
    assert "tokens/new" not in page
    assert "Make a set-up link" not in page
    assert (await owner.get("/connections/acme-store/tokens/new")).status_code == 409


PAGES = (
    "/connections/acme-store",
    "/connections/acme-store/provider",
    "/connections/acme-store/provider?for=okta",
    "/connections/acme-store/calls",
)
FORMS = (
    "/connections/new?workspace=Acme&portal=store",
    "/connections/acme-store/tokens/new",
    "/connections/acme-store/tokens/{token}/revoke",
)


async def test_a_viewer_looks_and_changes_nothing(admin_api: AdminApi, viewer: Visitor) -> None:
    [token] = await list_tokens(admin_api.it, COMMAND, "acme-store")
    before = await list_changes(admin_api.it, COMMAND)
    for path in PAGES:
        page = await viewer.text(path)
        for words in ("New token", "set-up link</button>", "Revoke", "Delete…", "Make a new"):
            assert words not in page, path
    for path in FORMS:
        assert (await viewer.get(path.format(token=token.id))).status_code == 403, path
    await viewer.get("/connections/acme-store")
    for path, form in (
        ("/connections/new", WANTED),
        ("/connections/acme-store/tokens/new", {}),
        (f"/connections/acme-store/tokens/{token.id}/revoke", {}),
        ("/connections/acme-store/setup-links", {}),
    ):
        assert (await viewer.send(path, dict(form))).status_code == 403, path
    assert await list_changes(admin_api.it, COMMAND) == before


async def test_another_workspace_gets_nothing(admin_api: AdminApi, stranger: Visitor) -> None:
    [token] = await list_tokens(admin_api.it, COMMAND, "acme-store")
    before = await list_changes(admin_api.it, COMMAND)
    for path in (*PAGES, *FORMS):
        answer = await stranger.get(path.format(token=token.id))
        assert answer.status_code == 404, path
    await stranger.get("/connections/other-store")
    for path, form in (
        ("/connections/new", WANTED),
        ("/connections/acme-store/tokens/new", {"earlier": "end"}),
        (f"/connections/acme-store/tokens/{token.id}/revoke", {}),
        ("/connections/acme-store/setup-links", {}),
        ("/connections/acme-store/provider", {"token": "x"}),
    ):
        assert (await stranger.send(path, dict(form))).status_code == 404, path
    assert await list_changes(admin_api.it, COMMAND) == before


async def test_markup_in_names_is_inert(admin_api: AdminApi, owner: Visitor) -> None:
    markup = "<script>alert(1)</script>"
    admin_api.platform.policies.add(("Acme", markup))
    pages = [await owner.get("/connections/new?workspace=Acme&portal=mdm")]
    await owner.get("/connections/acme-store/tokens/new")
    form = {"name": markup, "earlier": "keep"}
    pages.append(await owner.send("/connections/acme-store/tokens/new", form))
    [named] = [it for it in await list_tokens(admin_api.it, COMMAND, "acme-store") if it.name]
    pages.append(await owner.get(f"/connections/acme-store/tokens/{named.id}/revoke"))
    await owner.get("/connections/acme-store")
    pages.append(await owner.send("/connections/acme-store/provider", {"token": markup}))
    for page in pages:
        assert markup not in page.text
        assert "&lt;script&gt;" in page.text


def test_every_portal_has_usual_rules() -> None:
    from api.admin.rules import rules_from  # noqa: PLC0415
    from api.console.pages.new_connection import USUAL  # noqa: PLC0415

    assert {portal: rules_from(portal, chosen).portal for portal, chosen in USUAL.items()} == {
        portal: portal for portal in Portal
    }
