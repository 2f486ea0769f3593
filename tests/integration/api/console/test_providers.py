"""Are the steps of each provider shown with values filled in, and what has come of them?"""

import pytest
from sqlalchemy import insert, update

from api.admin.actors import COMMAND
from api.admin.connections import create_connection
from api.admin.providers.fill_in import Values, filled_in
from api.admin.providers.named_guides import GUIDES, Provider
from api.admin.requests import REQUESTS
from api.admin.tokens import TOKENS, list_tokens, revoke_token
from contracts.clock import now
from contracts.rules import DashboardRules, Portal
from tests.drivers.admin_http import AdminApi
from tests.drivers.browsers import Visitor

CALLS = "/connections/acme-store/calls"
BASE_URL = "https://muster.test/scim/v2/acme-store"


async def come(api: AdminApi, status: int, code: str | None = None) -> None:
    """Let a call come from the provider, as the api notes it."""
    row = {
        "connection_id": "acme-store",
        "at": now(),
        "method": "GET",
        "path": "/Users?startIndex=1&count=2",
        "status": status,
        "code": code,
        "detail": "<b>Cannot</b>" if code == "invalid_filter" else None,
        "micros": 1,
        "correlation_id": "okta-1",
    }
    async with api.it.directory.write() as db:
        await db.execute(insert(REQUESTS).values(row))
        if code != "unauthorized":
            of_connection = TOKENS.c.connection_id == "acme-store"
            await db.execute(update(TOKENS).where(of_connection).values(last_used_at=now()))


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (
            "okta",
            (
                "SCIM 2.0 Test App (OAuth Bearer Token)",
                "Application label",
                "Base URL",
                "OAuth Bearer Token",
                "Test API Credentials",
                "To App",
                "Create Users",
                "Update User Attributes",
                "Deactivate Users",
                "Assign to Groups",
                "Assign to People",
                "Push Groups",
                "Take another group than the assigned one",
            ),
        ),
        (
            "entra",
            (
                "Tenant URL",
                "Secret Token",
                "Provisioning Mode",
                "Automatic",
                "Test Connection",
                "Scope",
                "Mappings",
                "Start provisioning",
                "Provision on demand",
            ),
        ),
        ("generic", ("Base URL", "Bearer token", "userName", "active", "push groups")),
    ],
    ids=["first", "second", "any"],
)
async def test_the_steps_name_every_field_with_its_value(
    looker: Visitor, provider: str, words: tuple[str, ...]
) -> None:
    page = await looker.text(f"/connections/acme-store/provider?for={provider}")
    for word in (*words, f'value="{BASE_URL}"'):
        assert word.lower() in page.lower(), word


@pytest.mark.parametrize("provider", Provider)
async def test_the_steps_are_those_of_the_guide(looker: Visitor, provider: Provider) -> None:
    guide = filled_in(GUIDES[provider], Values("acme-store", Portal.STORE, BASE_URL))
    page = await looker.text(f"/connections/acme-store/provider?for={provider}")
    assert f'aria-current="page">{guide.name}<' in page
    assert [step.title for step in guide.steps if f"<h3>{step.title}</h3>" not in page] == []
    fields = [
        field
        for step in guide.steps
        for part in step.parts
        if isinstance(part, tuple)
        for field in part
    ]
    assert [field.name for field in fields if f"<dt>{field.name}</dt>" not in page] == []
    entered = [field.value for field in fields if field.is_exact]
    assert entered
    assert [value for value in entered if f'value="{value}"' not in page] == []
    assert "**" not in page


async def test_what_a_provider_cannot_do_is_told_before_its_steps(looker: Visitor) -> None:
    page = await looker.text("/connections/acme-store/provider?for=google")
    assert page.index("applications of its own catalogue alone") < page.index('<ol class="steps">')


async def test_without_a_provider_the_values_are_shown_alone(looker: Visitor) -> None:
    for path in ("provider", "provider?for=none"):
        page = await looker.text(f"/connections/acme-store/{path}")
        assert "Choose your provider" in page
        assert BASE_URL in page


async def test_the_steps_of_a_dashboard_tell_that_roles_need_a_pushed_group(
    admin_api: AdminApi, owner: Visitor
) -> None:
    made = await create_connection(admin_api.it.directory, "Acme", DashboardRules(), now())
    page = await owner.text(f"/connections/{made.id}/provider?for=okta")
    assert "Without a pushed group no role is mapped" in page


async def test_a_token_that_was_just_shown_is_filled_in_once(owner: Visitor) -> None:
    await owner.get("/connections/acme-store")
    sent = {"for": "okta", "token": "muster_just-made"}
    page = (await owner.send("/connections/acme-store/provider", sent)).text
    assert 'value="muster_just-made"' in page
    assert "muster_just-made" not in await owner.text("/connections/acme-store/provider?for=okta")


async def test_a_token_that_was_lost_is_made_anew_on_the_page(owner: Visitor) -> None:
    await owner.get("/connections/acme-store/provider?for=okta")
    answer = await owner.send(
        "/connections/acme-store/tokens/new", {"earlier": "end", "for": "okta"}
    )
    assert str(answer.url).endswith("/connections/acme-store/provider?for=okta")
    assert 'value="muster_' in answer.text


async def test_the_page_waits_until_the_first_call_turns_it_green(
    admin_api: AdminApi, owner: Visitor
) -> None:
    page = await owner.text("/connections/acme-store/provider?for=okta")
    assert f'data-live="/console{CALLS}"' in page
    assert "Waiting for the first call" in page
    assert "muster doctor --connection acme-store" in page
    assert "data-done" not in page
    await come(admin_api, 200)
    part = await owner.text(CALLS)
    assert "<html" not in part
    assert "Connected." in part
    assert "data-done" in part


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, "unauthorized", "cannot tell the two apart"),
        (404, "not_found", "has to be exactly the one on this page"),
        (403, "connection_off", "switched off"),
        (400, "invalid_filter", "Correct the filter"),
    ],
)
async def test_what_is_wrong_with_the_calls_is_told(
    admin_api: AdminApi, owner: Visitor, status: int, code: str, says: str
) -> None:
    await come(admin_api, status, code)
    part = await owner.get(CALLS)
    assert says in part.text
    assert "data-done" not in part.text
    assert "<b>Cannot</b>" not in part.text


async def test_a_connection_without_a_token_says_so(admin_api: AdminApi, owner: Visitor) -> None:
    [token] = await list_tokens(admin_api.it, COMMAND, "acme-store")
    await revoke_token(admin_api.it, COMMAND, "acme-store", token.id)
    assert "There is no valid token" in await owner.text(CALLS)


async def test_a_token_that_is_shown_is_kept_unless_the_visitor_chooses_otherwise(
    owner: Visitor,
) -> None:
    path = "/connections/acme-store/provider"
    ends, keeps = 'value="end" checked', 'value="keep-newest" checked'
    assert ends in await owner.text(path)
    form = {"earlier": "keep", "for": "okta"}
    shown = await owner.send("/connections/acme-store/tokens/new", form)
    assert "not shown again" in shown.text
    assert keeps in shown.text
    assert ends not in shown.text
    assert ends in await owner.text(path)
