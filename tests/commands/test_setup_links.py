"""Does ``muster setup-links`` make, list and end links by which a provider is connected?"""

from collections.abc import Callable

import pytest

from tests.commands.conftest import Answer
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]


@on_new_databases_of_both
def test_a_link_is_made_listed_and_revoked(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    new = muster("setup-links", "create", "acme-store", "--expires", "2999-01-31", "--json").json
    assert new["path"].startswith("/console/set-up/muster_")
    assert new["url"] is None
    assert (new["connection"], new["expires_at"]) == ("acme-store", "2999-01-31T00:00:00+00:00")
    listed = muster("setup-links", "list", "acme-store", "--json")
    [link] = listed.json
    assert (link["id"], link["state"], link["created_by"]) == (new["id"], "open", "command")
    secret = new["path"].rpartition("/")[2]
    assert secret not in listed.out + muster("setup-links", "list", "acme-store").out
    revoked = muster("setup-links", "revoke", "acme-store", new["id"], "--json").json
    assert revoked == link | {"state": "revoked"}


def test_a_link_is_printed_for_people_too(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    answer = muster("setup-links", "create", "acme-store")
    assert " /console/set-up/muster_" in answer.out
    assert "MUSTER_CONSOLE_URL" in answer.err


def test_a_link_is_whole_where_the_address_of_the_console_is_set(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_CONSOLE_URL", "https://muster.example.com/console/")
    muster("connections", "create", "acme", "store")
    answer = muster("setup-links", "create", "acme-store")
    assert " https://muster.example.com/console/set-up/muster_" in answer.out
    assert answer.err == ""
    new = muster("setup-links", "create", "acme-store", "--json").json
    assert new["url"] == f"https://muster.example.com{new['path']}"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("list nowhere", "nowhere"),
        ("create nowhere", "nowhere"),
        ("create acme-store --expires soon", "90d, 12h, 30m"),
        ("create acme-store --expires 2020-01-31", "a time to come"),
        ("revoke acme-store nothing", "set-up link is unknown"),
    ],
)
def test_what_cannot_be_done_is_told(muster: Muster, words: str, says: str) -> None:
    muster("connections", "create", "acme", "store")
    answer = muster("setup-links", *words.split())
    assert (answer.status, answer.out) == (2, "")
    assert says in answer.err
