"""Does ``muster admins`` issue tokens, list them and end them?"""

from collections.abc import Callable

import pytest

from tests.commands.conftest import Answer
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]


@pytest.fixture
def acme(muster: Muster) -> Muster:
    """Give the command, on databases with the workspace acme."""
    muster("connections", "create", "acme", "store")
    return muster


@on_new_databases_of_both
def test_a_token_is_issued_listed_without_itself_and_revoked(acme: Muster) -> None:
    created = acme("admins", "create", "ACME", "--role", "owner", "--expires", "90d", "--json").json
    assert (created["workspace"], created["role"], created["name"]) == ("acme", "owner", "owner")
    assert created["token"].startswith("muster_")
    assert created["expires_at"].endswith("+00:00")
    listed = acme("admins", "list", "acme", "--json")
    assert [it["id"] for it in listed.json] == [created["id"]]
    assert created["token"] not in listed.out
    revoked = acme("admins", "revoke", created["id"], "--json").json
    assert (revoked["state"], revoked["workspace"]) == ("revoked", "acme")
    assert acme("admins", "list", "--json").json == []
    assert acme("admins", "list", "--revoked", "--json").json == [revoked]
    actions = [it["action"] for it in acme("audit", "acme", "--json").json]
    assert actions[:2] == ["admins.revoke", "admins.create"]
    assert created["token"] not in acme("audit", "--json").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "acme", "--role", "king"), "'king' is not one of 'owner', 'viewer'"),
        (("create", "acne", "--role", "owner"), "there is no workspace 'acne'"),
        (("create", "acme", "--role", "owner", "--expires", "2001-01-01"), "name a time to come"),
        (("revoke", "muster_secret"), "there is no administrator with this id"),
        (("list", "acne"), "there is no workspace 'acne'"),
    ],
    ids=["role", "workspace", "past", "id", "list"],
)
def test_a_mistake_is_one_line_and_changes_nothing(
    acme: Muster, arguments: tuple[str, ...], told: str
) -> None:
    answer = acme("admins", *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert "muster_secret" not in answer.err
    assert acme("admins", "list", "--revoked", "--json").json == []
