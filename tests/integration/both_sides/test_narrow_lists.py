"""Has a narrow list everybody whom a look at all people finds, in each state, by every filter?"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

import api.admin.people as use_case
from api.admin.actors import COMMAND
from api.admin.connection_states import change_state
from api.admin.held import reject_held
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import ListedPerson, list_people
from api.directory.connection_states import Verb
from api.directory.tables import Identity
from api.reconciliation.person_states import PersonState
from tests.drivers.full_workspace import FullWorkspace, new_full_workspace
from tests.servers.migrated import NewDatabase
from worker.sync.tables import SyncRecordRow

Matches = Callable[[ListedPerson], bool]


def _is_in(state: PersonState) -> Matches:
    return lambda it: it.state is state


NARROW: dict[str, tuple[dict[str, Any], Matches]] = {
    **{state: ({"state": state}, _is_in(state)) for state in PersonState},
    "inactive": ({"inactive": True}, lambda it: not it.active),
    "active": ({"active": True}, lambda it: it.active),
    "waived": ({"waived": True}, lambda it: it.reason == "waived"),
    "active-and-pending": (
        {"active": True, "state": PersonState.PENDING},
        lambda it: it.active and it.state is PersonState.PENDING,
    ),
    "inactive-and-held": (
        {"inactive": True, "state": PersonState.HELD},
        lambda it: not it.active and it.state is PersonState.HELD,
    ),
    "inside": ({"search": "R-HEL"}, lambda it: "user-held" in it.user_name),
    "inside-and-refused": (
        {"search": "user-", "state": PersonState.REFUSED},
        lambda it: it.state is PersonState.REFUSED and "user-" in it.user_name,
    ),
    "begins": (
        {"begins": "Family-L"},
        lambda it: it.user_name.startswith("user-l"),
    ),
    "begins-and-applied": (
        {"begins": "email-", "state": PersonState.APPLIED},
        lambda it: it.state is PersonState.APPLIED and it.user_name.startswith("user-"),
    ),
}
"""Filters, each with the same condition on a person of the plain list."""

LATER = {"inactive", "inside"}
"""Filters by which deleted people are listed whose deletion has arrived."""


@pytest.fixture(scope="module")
async def full(shared_database_url: NewDatabase) -> AsyncIterator[FullWorkspace]:
    """Give Acme with people in each state, for each reason that there is; tests leave it as is."""
    async with new_full_workspace(shared_database_url) as full:
        await on_the_way(full)
        await left_unknown(full, full.people["left-1"])
        await unpublishable(full, full.people["active"])
        store = full.store.ingress
        await reject_held(full.it, COMMAND, store.connection, [full.people["held-2"]])
        await store.user("user-marked")
        yield full


async def on_the_way(full: FullWorkspace) -> None:
    """Let all that waits be published, and not arrive."""
    await full.store.deliver(lost=True)


async def left_unknown(full: FullWorkspace, identity: str) -> None:
    """Let the directory have lost that a person has left."""
    async with full.databases.directory.write() as db:
        of_person = update(Identity).where(col(Identity.id) == identity)
        await db.execute(of_person.values(active=True, deactivated_at=0))
    async with full.databases.downstream.write() as db:
        of_record = update(SyncRecordRow).where(col(SyncRecordRow.identity) == identity)
        await db.execute(of_record.values(deactivated_at=1))


async def unpublishable(full: FullWorkspace, identity: str) -> None:
    """Let the newest state of a person be one that cannot be published."""
    async with full.databases.directory.write() as db:
        of_person = update(Identity).where(col(Identity.id) == identity)
        version = col(Identity.version)
        await db.execute(of_person.values(rejected_version=version, rejection="too large"))


@asynccontextmanager
async def paused(full: FullWorkspace) -> AsyncIterator[None]:
    """Pause the connection with most people for a while, which changes nothing but its state."""
    connection = full.values["connection"]
    await change_state(full.it, COMMAND, connection, Verb.PAUSE)
    try:
        yield
    finally:
        await change_state(full.it, COMMAND, connection, Verb.RESUME)


async def listed(full: FullWorkspace, most: int, **wanted: Any) -> Sequence[ListedPerson]:
    """Return the people of a list that is read page by page."""
    people: list[ListedPerson] = []
    after = None
    while True:
        meant = PeopleFilter("Acme", **wanted)
        page = await list_people(full.it, COMMAND, meant, after=after, most=most)
        assert len(page.items) <= most
        people += page.items
        if (after := page.next) is None:
            return people


def by_key(people: Sequence[ListedPerson]) -> Sequence[tuple[str, str]]:
    """Return the keys of people in their order."""
    return sorted((it.connection, it.identity) for it in people)


@pytest.mark.parametrize(("most", "bound"), [(3, 4), (50, 500)], ids=["small-pages", "pages"])
async def test_a_narrow_list_is_the_plain_one_narrowed(
    full: FullWorkspace, most: int, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "MOST_LOOKED_AT", bound)
    plain = await listed(full, 50)
    later = {it.identity: it for it in [*plain, *await listed(full, 50, inactive=True)]}.values()
    for name, (wanted, matches) in NARROW.items():
        expected = [it for it in (later if name in LATER else plain) if matches(it)]
        assert expected, f"nobody is {name}"
        assert by_key(await listed(full, most, **wanted)) == by_key(expected), name


async def test_every_reason_is_found_by_its_state(full: FullWorkspace) -> None:
    reasons = {
        state: {it.reason for it in await listed(full, 50, state=state)} for state in PersonState
    }
    assert reasons == {
        PersonState.PENDING: {None},
        PersonState.HELD: {"brake", "observing"},
        PersonState.REFUSED: {"left", "no_email", "conflict", "last_admin"},
        PersonState.FAILED: {"permanent", "unpublishable"},
        PersonState.APPLIED: {None, "waived"},
    }


async def test_people_to_be_published_come_before_those_on_their_way(full: FullWorkspace) -> None:
    pending = [it.user_name for it in await listed(full, 50, state=PersonState.PENDING)]
    assert pending[0] == "user-marked"
    assert "user-pending" in pending[1:]


async def test_a_paused_connection_holds_whom_it_does_not_publish(full: FullWorkspace) -> None:
    async with paused(full):
        held = {it.user_name: it.reason for it in await listed(full, 50, state=PersonState.HELD)}
        pending = {it.user_name for it in await listed(full, 50, state=PersonState.PENDING)}
    assert held["user-marked"] == "paused"
    assert "user-marked" not in pending


async def test_people_whose_names_begin_so_are_listed_by_these_names(full: FullWorkspace) -> None:
    names = [it.user_name for it in await listed(full, 2, begins="DISPLAY-L")]
    assert names == ["user-leaver", "user-left-1", "user-left-2", "user-locked"]


async def test_a_key_of_another_filter_or_of_an_earlier_version_begins_a_page(
    full: FullWorkspace,
) -> None:
    for key in (("", ""), ("zzz", "", 1, ""), ("", "", 0, "user-b")):
        page = await list_people(full.it, COMMAND, PeopleFilter("Acme"), after=key, most=50)
        assert page.next is None
