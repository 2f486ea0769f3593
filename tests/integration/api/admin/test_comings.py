"""Are joiners and leavers counted on the days on which they came and went?"""

import pytest
from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.comings import DAY, Day, joined_and_left
from api.admin.lock_person import lock_person
from api.directory.leavings import Leaving
from api.directory.tables import Identity, UserRow
from api.errors import UnknownWorkspace
from contracts.clock import now
from tests.drivers.administration import Platform, administration_on
from tests.drivers.in_process import Ingress
from tests.readings.statements import asked_of

STRANGER = Actor("admin:3", "Other", Power.OWN)
TODAY = now() // DAY * DAY + DAY // 2
"""Noon, so that no test runs over midnight."""


def administration(ingress: Ingress) -> Administration:
    platform = Platform(workspaces={"Acme"})
    return administration_on(ingress.database, platform=platform, clock=lambda: TODAY)


async def came(ingress: Ingress, id_: str, at: int) -> None:
    """Let a user have been added at a time."""
    async with ingress.database.write() as db:
        await db.execute(update(UserRow).where(col(UserRow.id) == id_).values(created_at=at))


async def went(ingress: Ingress, id_: str, at: int, leaving: Leaving | None = None) -> None:
    """Let a user have been deactivated at a time."""
    values = {"active": False, "deactivated_at": at, "leaving": leaving}
    async with ingress.database.write() as db:
        await db.execute(update(Identity).where(col(Identity.id) == id_).values(values))


async def counted(ingress: Ingress, days: int = 3) -> list[tuple[int, int]]:
    """Return joiners and leavers of the only connection by day."""
    found = await joined_and_left(administration(ingress), COMMAND, "Acme", days)
    return [(day.joined, day.left) for day in found[ingress.connection]]


async def test_joiners_and_leavers_are_counted_by_day(ingress: Ingress) -> None:
    midnight = TODAY // DAY * DAY
    times = (midnight - 2 * DAY, midnight - 1, midnight, midnight, midnight - 2 * DAY - 1)
    ids = [await ingress.user(f"person-{n}") for n in range(len(times))]
    for id_, at in zip(ids, times, strict=True):
        await came(ingress, id_, at)
    await went(ingress, ids[0], midnight - DAY)
    await went(ingress, ids[1], midnight - 2 * DAY - 1)
    assert await counted(ingress) == [(1, 0), (1, 1), (2, 0)]
    assert await counted(ingress, 1) == [(2, 0)]


async def test_days_have_their_beginnings(ingress: Ingress) -> None:
    found = await joined_and_left(administration(ingress), COMMAND, "Acme", 2)
    midnight = TODAY // DAY * DAY
    assert found == {ingress.connection: [Day(midnight - DAY, 0, 0), Day(midnight, 0, 0)]}


async def test_what_the_brake_keeps_back_has_not_left(ingress: Ingress) -> None:
    for leaving in (None, *Leaving):
        await went(ingress, await ingress.user(f"person-{leaving}"), TODAY, leaving)
    assert (await counted(ingress, 1))[0][1] == 2, "those who left, and those not judged yet"


async def test_leavers_are_told_by_what_providers_and_administrators_do(ingress: Ingress) -> None:
    ada, ben, cleo, dora = [await ingress.user(name) for name in ("ada", "ben", "cleo", "dora")]
    await ingress.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": False})
    await ingress.send("DELETE", f"/Users/{ben}")
    it = administration_on(ingress.database)
    await lock_person(it, COMMAND, ingress.connection, cleo)
    await ingress.user("never-active", active=False)
    [today] = (await joined_and_left(it, COMMAND, "Acme", 1))[ingress.connection]
    assert (today.joined, today.left) == (4, 3), f"{dora} is there, and {ben} was deleted"


async def test_connections_are_counted_apart_by_as_many_statements(ingress: Ingress) -> None:
    it = administration(ingress)
    await came(ingress, await ingress.user("ada"), TODAY)
    with asked_of(ingress.database) as one:
        await joined_and_left(it, COMMAND, "Acme", 14)
    other = await ingress.neighbour("Acme")
    await came(other, await other.user("ada"), TODAY)
    await came(other, await other.user("ben"), TODAY)
    with asked_of(ingress.database) as two:
        found = await joined_and_left(it, COMMAND, "Acme", 14)
    assert {of: days[-1].joined for of, days in found.items()} == {
        ingress.connection: 1,
        other.connection: 2,
    }
    assert len(one.statements) == len(two.statements)


async def test_nothing_is_told_of_other_workspaces(ingress: Ingress) -> None:
    other = await ingress.neighbour("Other")
    assert other.connection not in await joined_and_left(
        administration(ingress), COMMAND, "Acme", 1
    )
    with pytest.raises(UnknownWorkspace):
        await joined_and_left(administration(ingress), STRANGER, "Acme", 1)
