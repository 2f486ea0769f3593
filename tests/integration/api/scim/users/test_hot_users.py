"""What if somebody comes between the two statements of a change? Then nothing of it is stored.

A change is decided between both, so its decision is where another process can come in: it does, in
a thread with a loop and sessions of its own.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlmodel import col

from api.access.bearer import OpenedConnection
from api.access.token_memory import TokenMemory
from api.access.tokens import digest_of
from api.admin.change_rules import replace_rules
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity, UserRow
from api.outbox.marks import mark_identities
from api.scim.users.hot_sessions import HotSessions
from api.scim.users.hot_users import HotUsers
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser
from api.scim.users.states import UserState, next_state
from api.scim.users.writes import Change
from api.traces import new_trace
from contracts.clock import now
from contracts.rules import CreateEmployee, LeaveAlone, StoreRules
from tests.drivers.administration import rotate
from tests.drivers.in_process import RULES, Ingress, opened_directory

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

MOST_CHARACTERS = 100_000
OTHER_RULES = StoreRules(on_create=CreateEmployee(), on_deactivate=LeaveAlone())

Meanwhile = Callable[[DirectoryDatabase, Ingress, str], Awaitable[object]]


async def nothing(_database: DirectoryDatabase, _ingress: Ingress, _user: str) -> None:
    """Nobody comes between."""


async def changed(database: DirectoryDatabase, _ingress: Ingress, user: str) -> None:
    async with database.write() as db:
        await db.execute(
            update(UserRow).where(col(UserRow.id) == user).values(revision=UserRow.revision + 1)
        )


async def deleted(database: DirectoryDatabase, _ingress: Ingress, user: str) -> None:
    async with database.write() as db:
        await db.execute(delete(UserRow).where(col(UserRow.id) == user))


async def grouped(database: DirectoryDatabase, ingress: Ingress, user: str) -> None:
    async with database.write() as db:
        await mark_identities(db, ingress.connection, [user], new_trace(), now())


async def published(database: DirectoryDatabase, _ingress: Ingress, user: str) -> None:
    async with database.write() as db:
        cleared = {"dirty_lane": None, "dirty_since": None}
        await db.execute(update(Identity).where(col(Identity.id) == user).values(cleared))


async def leased(database: DirectoryDatabase, _ingress: Ingress, user: str) -> None:
    async with database.write() as db:
        lease = {"due_at": 1, "attempts": 1}
        await db.execute(update(Identity).where(col(Identity.id) == user).values(lease))


async def judged(database: DirectoryDatabase, _ingress: Ingress, user: str) -> None:
    async with database.write() as db:
        await db.execute(update(Identity).where(col(Identity.id) == user).values(leaving=1))


async def rotated(database: DirectoryDatabase, ingress: Ingress, _user: str) -> None:
    await rotate(database, ingress.connection)


async def ruled(database: DirectoryDatabase, ingress: Ingress, user: str) -> None:
    """Change the rules, but for this person, as an unknown leaver is left unmarked."""
    await replace_rules(database, ingress.connection, OTHER_RULES, now(), except_for=[user])


@pytest.mark.parametrize("meanwhile", [nothing, leased])
async def test_a_change_is_stored_if_all_it_builds_on_is_still_there(
    ingress: Ingress, lent_url: str, meanwhile: Meanwhile
) -> None:
    user = await ingress.user("ada")
    [outcome] = await left(ingress, user, lent_url, meanwhile)
    assert isinstance(outcome, StoredUser)
    identity = await ingress.identity(user)
    assert not identity["active"]
    assert (identity["dirty_lane"], identity["due_at"], identity["attempts"]) == (0, None, 0)


@pytest.mark.parametrize(
    "meanwhile", [changed, deleted, grouped, published, judged, rotated, ruled]
)
async def test_a_change_is_left_with_nothing_stored_if_what_it_builds_on_has_changed(
    ingress: Ingress, lent_url: str, meanwhile: Meanwhile
) -> None:
    user = await ingress.user("ada")
    assert await left(ingress, user, lent_url, meanwhile) == [None]
    assert (await ingress.identity(user))["active"]
    async with ingress.database.read() as db:
        stored = (await db.execute(select(col(UserRow.resource)))).scalars().all()
    assert all(it["active"] for it in stored)


async def left(ingress: Ingress, user: str, lent_url: str, meanwhile: Meanwhile) -> list[Any]:
    """Deactivate somebody, and let something happen between the two statements for it."""

    def decide(stored: StoredUser) -> UserState | None:
        def in_between() -> None:
            asyncio.run(_happen(lent_url, ingress, user, meanwhile))

        thread = threading.Thread(target=in_between)
        thread.start()
        thread.join()
        model = user_of(stored).model_copy(update={"active": False})
        return next_state(model, stored, MOST_CHARACTERS)

    token = ingress.http.headers["authorization"].removeprefix("Bearer ")
    connection = OpenedConnection(ingress.connection, RULES, digest_of(token))
    users = HotUsers(HotSessions(ingress.database), TokenMemory(), now)
    return list(await users.change([Change(connection, new_trace(), user, decide, urgent=True)]))


async def _happen(url: str, ingress: Ingress, user: str, meanwhile: Meanwhile) -> None:
    async with opened_directory(url) as database:
        await meanwhile(database, ingress, user)
