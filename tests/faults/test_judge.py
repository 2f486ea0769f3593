"""Does the judge see what was lost, duplicated or made up? One thing at a time, by hand."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from itertools import cycle
from typing import Any

import httpx2
import pytest

from tests.drivers.okta import App, Person, Tally
from tests.faults.distributed.judge import AppSeen, Seen, came_back, judge
from tests.readings.stored import Stored

CONNECTION = "acme-mdm"
ADA, BEN = (CONNECTION, "ada-id"), (CONNECTION, "ben-id")


def account(id_: str, name: str, email: str | None, **other: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "workspace": "acme",
        "portal": "mdm",
        "email": email,
        "email_key": email,
        "display_name": "Ada Joiner",
        "external_id": name,
        "groups": [],
        "role": None,
        "removed": email is None,
    } | other


def identity(name: str) -> dict[str, Any]:
    return {
        "version": 7,
        "dirty_lane": None,
        "deleted": False,
        "ever_active": True,
        "profile": {"user_name": name},
    }


def shown(id_: str, name: str, *, active: bool) -> dict[str, Any]:
    return {
        "id": id_,
        "userName": name,
        "emails": [{"value": f"{name}@acme.test"}],
        "name": {"familyName": "Joiner"},
        "active": active,
    }


@pytest.fixture
def seen() -> Seen:
    """Give Ada, who is a Weaver, and Ben, who has left and whose laptop was released."""
    app = App(CONNECTION, "acme", "mdm", httpx2.AsyncClient(), cycle(()), Tally())
    app.groups["weavers"] = "Weavers"
    app.people = {
        "ada-id": Person("ada-id", "ada", "ada@acme.test", "Joiner", groups={"weavers"}),
        "ben-id": Person("ben-id", "ben", "ben@acme.test", "Joiner", active=False),
    }
    stored = Stored(
        identities={ADA: identity("ada"), BEN: identity("ben")},
        records={
            ADA: {"applied_version": 7, "account_id": "a1"},
            BEN: {"applied_version": 7, "account_id": "a2"},
        },
        accounts={
            "a1": account("a1", "ada", "ada@acme.test", groups=["Weavers"]),
            "a2": account("a2", "ben", None),
        },
        devices=[{"id": "d1", "serial": "LAPTOP", "assigned_to": None, "removed": False}],
        ledger=[{"device_id": "d1"}],
        refusals=[],
        failures=[],
    )
    return Seen(
        apps=[
            AppSeen(
                app,
                [shown("ada-id", "ada", active=True), shown("ben-id", "ben", active=False)],
                [{"id": "weavers", "displayName": "Weavers", "members": [{"value": "ada-id"}]}],
            )
        ],
        stored=stored,
        releases=Counter({"LAPTOP": 1}),
        expected_releases=Counter({"LAPTOP": 1}),
    )


def test_nothing_is_found_where_everything_is_as_pushed(seen: Seen) -> None:
    assert judge(seen).is_clean


LOST: dict[str, Callable[[Seen], object]] = {
    "a user": lambda it: it.apps[0].users.pop(),  # type: ignore[attr-defined]
    "a profile": lambda it: it.apps[0].users[0].update(name={"familyName": "Old"}),
    "a deactivation": lambda it: it.apps[0].users[1].update(active=True),
    "a group": lambda it: it.apps[0].groups.pop(),  # type: ignore[attr-defined]
    "a membership": lambda it: it.apps[0].groups[0].update(members=[]),
    "a publication": lambda it: it.stored.identities[ADA].update(dirty_lane=1),
    "an application": lambda it: it.stored.records[ADA].update(applied_version=6),
    "a record": lambda it: it.stored.records.pop(ADA),
    "an account": lambda it: it.stored.accounts.pop("a1"),
    "an e-mail": lambda it: it.stored.accounts["a1"].update(email="old@acme.test"),
    "a group of an account": lambda it: it.stored.accounts["a1"].update(groups=[]),
    "a removal": lambda it: it.stored.accounts["a2"].update(removed=False),
    "a release": lambda it: it.releases.clear(),
    "an entry of the ledger": lambda it: it.stored.ledger.clear(),
    "a device of somebody removed": lambda it: it.stored.devices[0].update(assigned_to="a2"),
    "an event that was given up": lambda it: it.stored.failures.append(
        {
            "connection": CONNECTION,
            "identity": "ada-id",
            "kind": "exhausted",
            "message": "DBAPIError 40P01",
        }
    ),
}

DUPLICATED: dict[str, Callable[[Seen], object]] = {
    "a user": lambda it: it.apps[0].users.append(shown("x", "ada", active=True)),  # type: ignore[attr-defined]
    "a group": lambda it: it.apps[0].groups.append(  # type: ignore[attr-defined]
        {"id": "x", "displayName": "Weavers"}
    ),
    "an identity": lambda it: it.stored.identities.update({(CONNECTION, "x"): identity("ada")}),
    "an account": lambda it: it.stored.accounts.update(
        x=account("x", "ada", None)  # removed, so that no address is there twice
    ),
    "an address": lambda it: it.stored.accounts["a2"].update(email_key="ada@acme.test"),
    "a holding": lambda it: it.stored.records.update(
        {(CONNECTION, "x"): {"applied_version": 7, "account_id": "a1"}}
    ),
    "a release": lambda it: it.releases.update(LAPTOP=1),
    "an entry of the ledger": lambda it: it.stored.ledger.append({"device_id": "d1"}),
}

UNEXPECTED: dict[str, Callable[[Seen], object]] = {
    "a user": lambda it: it.apps[0].users.append(shown("x", "eve", active=True)),  # type: ignore[attr-defined]
    "a group": lambda it: it.apps[0].groups.append(  # type: ignore[attr-defined]
        {"id": "x", "displayName": "Spies"}
    ),
    "an identity": lambda it: it.stored.identities.update({(CONNECTION, "x"): identity("eve")}),
    "an account": lambda it: it.stored.accounts.update(x=account("x", "eve", "eve@acme.test")),
    "a refusal": lambda it: it.stored.refusals.append(
        {"connection": CONNECTION, "identity": "ada-id", "reason": "conflict"}
    ),
    "a removed device": lambda it: it.stored.devices[0].update(removed=True),
}


@pytest.mark.parametrize("what", LOST)
def test_it_counts_what_is_lost(seen: Seen, what: str) -> None:
    LOST[what](seen)
    assert judge(seen).counts["lost"] >= 1


@pytest.mark.parametrize("what", DUPLICATED)
def test_it_counts_what_is_there_twice(seen: Seen, what: str) -> None:
    DUPLICATED[what](seen)
    assert judge(seen).counts["duplicated"] >= 1


@pytest.mark.parametrize("what", UNEXPECTED)
def test_it_counts_what_nothing_explains(seen: Seen, what: str) -> None:
    UNEXPECTED[what](seen)
    assert judge(seen).counts["unexpected"] >= 1


def test_it_looks_at_everybody_and_changes_nothing(seen: Seen) -> None:
    before = deepcopy(seen.stored)
    judge(seen)
    assert seen.stored == before


def test_it_names_leavers_who_are_there_again(seen: Seen) -> None:
    leavers = {BEN, (CONNECTION, "never applied")}
    assert came_back(seen.stored, leavers) == []
    seen.stored.accounts["a2"].update(removed=False)
    assert came_back(seen.stored, leavers) == [f"{BEN}: has left, and is there again"]


def test_an_account_made_by_hand_is_nobodys_mistake(seen: Seen) -> None:
    seen.stored.accounts["x"] = account("x", "", "root@acme.test")
    assert judge(seen).counts["unexpected"] == 1
    [app] = seen.apps
    by_hand = AppSeen(app.app, app.users, app.groups, made_by_hand=frozenset({"root@acme.test"}))
    assert judge(Seen([by_hand], seen.stored, seen.releases, seen.expected_releases)).is_clean
