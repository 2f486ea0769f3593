"""Does each form that takes something away name what it does, or take a typed name if it is final?

Every form of the console stands in one of the tables: a new one gets a line here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI

from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.console_pages import CONFLICT, CONNECTION, PERSON, routes
from tests.drivers.full_workspace import FullWorkspace
from tests.readings.whole_databases import whole


@dataclass(frozen=True, slots=True)
class Deed:
    """A form with its fields; ``stands_for`` names other values of the workspace for its path."""

    route: str
    fields: Mapping[str, str] = field(default_factory=dict)
    stands_for: Mapping[str, str] = field(default_factory=dict)


TYPED = (
    Deed(f"{CONNECTION}/delete", {"people": "deactivate"}),
    Deed(f"{CONNECTION}/state", {"step": "resume"}, {"connection": "observing"}),
    Deed(f"{CONNECTION}/rules", {"step": "save", "brake_kind": "off", "on_create": "nothing"}),
    Deed(f"{PERSON}/lock", stands_for={"identity": "held_person"}),
    Deed("/held", {"decision": "approve", "confirmed": "yes"}),
)
"""What nobody can undo at the console."""

NAMED = {
    f"{CONNECTION}/tokens/new": "at once",
    f"{CONNECTION}/tokens/{{token}}/revoke": "calls with it are refused",
    f"{CONNECTION}/setup-links/{{link}}/revoke": "is told that it cannot be used",
    f"{PERSON}/unlock": "do not come back by themselves",
    "/devices/{device}/remove": "It comes back once it is added again",
    "/policies/remove": "No device is under it",
    f"{CONFLICT}/release": "Hand the account over",
    f"{CONFLICT}/move": "gets the e-mail that you type",
}
"""What takes something away that can be given back, with words of the page that asks."""

ASKED_AT = {f"{CONFLICT}/release": CONFLICT, f"{CONFLICT}/move": CONFLICT}
"""The pages that ask, where they are not those of the same path."""

TAKES_NOTHING = {
    "/sign-in",
    "/sign-out",
    "/set-up/{secret}",
    "/setting-up/token",
    "/connections/new",
    f"{CONNECTION}/provider",
    f"{CONNECTION}/setup-links",
    "/people",
    f"{PERSON}/resync",
    f"{PERSON}/retry",
    "/devices",
    "/devices/new",
    "/devices/{device}/assign",
    "/devices/{device}/policy",
    "/policies",
    "/problems/retry",
}
"""What gives, looks, or can be taken back by the same form."""


@pytest.fixture
async def owner(app: FastAPI, full: FullWorkspace) -> Visitor:
    """Give the owner of Acme, signed in."""
    return await signed_in(app, full.admins["owner"].token)


def test_every_form_is_in_one_of_the_tables() -> None:
    listed = [*(deed.route for deed in TYPED), *NAMED, *TAKES_NOTHING]
    assert sorted(listed) == sorted({route.path for route in routes("POST")})


async def test_what_nobody_can_undo_is_not_done_before_a_name_is_typed(
    full: FullWorkspace, owner: Visitor
) -> None:
    await owner.get("/held?workspace=Acme")
    about = {"connection": full.values["connection"], "identity": full.values["held_person"]}
    before = await whole(full.databases)
    for deed in TYPED:
        values = full.values | {name: full.values[it] for name, it in deed.stands_for.items()}
        answer = await owner.send(deed.route.format_map(values), {**about, **deed.fields})
        assert answer.status_code == 400, deed.route
        assert "The name was not typed as it is shown" in answer.text, deed.route
    assert await whole(full.databases) == before


async def test_what_can_be_given_back_is_named_before_it_is_taken(
    full: FullWorkspace, owner: Visitor
) -> None:
    values = full.values | {"identity": full.values["locked_person"]}
    conflict = full.values | {
        "connection": full.values["conflict_connection"],
        "identity": full.values["conflict"],
    }
    query = f"?workspace=Acme&policy={full.values['unused']}"
    for route, words in NAMED.items():
        path = ASKED_AT.get(route, route).format_map(conflict if route in ASKED_AT else values)
        assert words in await owner.text(path + query), route
