"""What happens after a restore? A database is as it was a while ago, and Muster makes up for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any

import asyncpg
from sqlalchemy import text

from tests.drivers.okta import Person
from tests.faults.distributed.database_faults import FaultDidNotHappen, closed
from tests.faults.distributed.judge import came_back
from tests.faults.distributed.patient_app import PatientApp
from tests.faults.distributed.site import Site

REPAIR_SECONDS = 150
"""Longer than an event that was published just now may be on its way for a reconciliation."""

PAUSE = 2
"""Seconds between two looks: what was published just now is not missing yet."""

LET_TIME_PASS = """
WITH published AS MATERIALIZED (
    SELECT connection_id, id FROM identities WHERE published_at IS NOT NULL
    ORDER BY connection_id, id FOR UPDATE
)
UPDATE identities SET published_at = published_at - 60000000 FROM published
WHERE identities.connection_id = published.connection_id AND identities.id = published.id
"""
"""As if it were a minute ago. It has arrived, or else it was waited for in vain. Rows are locked in
the order in which relays lock them."""

ACCESS = {
    "directory": "GRANT CONNECT ON DATABASE directory TO directory",
    "downstream": "GRANT CONNECT ON DATABASE downstream TO downstream, directory",
}
"""As deploy/postgres/databases.sh has it; a copy of a database has the usual rights."""


class LeaverCameBack(Exception):
    """Somebody has access again whom the provider had taken it from, and nobody has decided it."""


async def restore_directory(site: Site) -> None:
    """Restore an older directory, repair it as the guide says, and let the provider push again.

    It pushes who joined, who left and who came back: the directory has lost all of that. Leavers
    stay gone meanwhile. People who came back stay, though the directory shows them inactive: a
    deactivation that was applied is not applied again. Of people who left and came back, both lost,
    an operator has learnt that they are there.
    """
    async with site.load.held(), site.superuser() as admin:
        await _back_up(admin, "directory")
        known = [(deepcopy(app.people), dict(app.groups)) for app in site.apps]
    await asyncio.sleep(site.drawn.uniform(1, 3))
    async with _nobody_writes(site), site.superuser() as admin:
        await site.settled()
        await _restore(admin, "directory")
        await _let_time_pass(site)
        lost = [_forget(app, *before) for app, before in zip(site.apps, known, strict=True)]
        for holder in site.holders:
            holder.person = holder.person and holder.app.people[holder.person.id]
        await site.installation.command("resync", "--all")
        # Where clocks were ahead, only this gives versions beyond those that downstream knows.
        await _reconcile(site)
        await _check_that_leavers_are_gone(site, lost)
        for app, changes in zip(site.apps, lost, strict=True):
            await changes.push_again(app)
        repaired = await _reconcile(site, "--bring-back")
        site.note("restored directory", back=repaired.brought_back, **_numbers(lost))


async def restore_downstream(site: Site) -> None:
    """Restore an older downstream, and let a reconciliation repair it.

    Meanwhile nobody assigns devices: nothing in Muster could know of it.
    """
    for holder in site.holders:
        holder.may_assign = False
    async with site.load.held(), site.superuser() as admin:
        await site.settled()
        await _back_up(admin, "downstream")
    await asyncio.sleep(site.drawn.uniform(1, 3))
    async with _nobody_writes(site), site.superuser() as admin:
        await site.settled()
        await _restore(admin, "downstream")
        await _let_time_pass(site)
        repaired = (await _reconcile(site)).marked
        site.note("restored downstream", repaired=repaired)
    for holder in site.holders:
        holder.may_assign = True
    if not repaired:
        raise FaultDidNotHappen("nothing was missing")


@asynccontextmanager
async def _nobody_writes(site: Site) -> AsyncIterator[None]:
    """Hold the load, and let the noise rest: what is repaired has to stay so to be found so."""
    async with site.load.held():
        with site.noise.resting():
            yield


async def _let_time_pass(site: Site) -> None:
    """Let what was published before the restore be older than anything that is on its way."""
    async with site.stores.directory.begin() as db:
        await db.execute(text(LET_TIME_PASS))


async def _back_up(admin: asyncpg.Connection, database: str) -> None:
    async with closed(admin, database):
        await admin.execute(f"CREATE DATABASE {database}_backup TEMPLATE {database}")


async def _restore(admin: asyncpg.Connection, database: str) -> None:
    async with closed(admin, database):
        # Under another name first: what is closed at the end has to be there.
        await admin.execute(f"ALTER DATABASE {database} RENAME TO {database}_lost")
        await admin.execute(f"ALTER DATABASE {database}_backup RENAME TO {database}")
        await admin.execute(f"ALTER DATABASE {database} OWNER TO {database}")
        await admin.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        await admin.execute(ACCESS[database])
        await admin.execute(f"DROP DATABASE {database}_lost WITH (FORCE)")


@dataclass(frozen=True, slots=True)
class Lost:
    """What a directory has lost of an app's people: who joined, left and came back, by their ids.

    Of those who joined and left again nothing is lost that anybody would miss.
    """

    joined: list[Person]
    deactivated: list[str]
    deleted: list[str]
    returned: list[str]

    async def push_again(self, app: PatientApp) -> None:
        """Let the provider push it again, as in a full synchronisation."""
        for person in self.joined:
            await app.push_again(person)
        for id_ in self.deleted:
            await app.delete(app.people[id_])
        for id_ in self.deactivated:
            await app.set_active(app.people[id_], active=False)
        for id_ in self.returned:
            await app.set_active(app.people[id_], active=True)


def _forget(app: PatientApp, people: dict[str, Person], groups: dict[str, str]) -> Lost:
    """Let an app know what it knew then; return what has changed since."""
    since = [person for id_, person in app.people.items() if id_ not in people]
    was_there = {id_ for id_, person in people.items() if _is_there(person)}
    was_away = {id_ for id_, it in people.items() if not (it.active or it.deleted)}
    left = {id_ for id_ in was_there if not _is_there(app.people[id_])}
    deleted = {id_ for id_ in left if app.people[id_].deleted}
    returned = {id_ for id_ in was_away if _is_there(app.people[id_])}
    app.departed += since
    app.people, app.groups = people, groups
    app.versions.clear()
    joined = [person for person in since if _is_there(person)]
    return Lost(joined, sorted(left - deleted), sorted(deleted), sorted(returned))


def _is_there(person: Person) -> bool:
    return person.active and not person.deleted


def _numbers(lost: Sequence[Lost]) -> dict[str, int]:
    """Return how many were lost of each kind."""
    return {
        kind.name: sum(len(getattr(of_app, kind.name)) for of_app in lost) for kind in fields(Lost)
    }


async def _check_that_leavers_are_gone(site: Site, lost: Sequence[Lost]) -> None:
    leavers = {
        (app.connection, id_)
        for app, of_app in zip(site.apps, lost, strict=True)
        for id_ in (*of_app.deactivated, *of_app.deleted)
    }
    if back := came_back(await site.stores.read(), leavers):
        raise LeaverCameBack("; ".join(back))
    if not leavers:
        raise FaultDidNotHappen("nobody has left since")


@dataclass(slots=True)
class Repaired:
    """How many identities were published again, and how many people brought back."""

    marked: int = 0
    brought_back: int = 0


async def _reconcile(site: Site, *options: str) -> Repaired:
    """Compare and repair until nothing is found; leavers may be left, unless they come back."""
    repaired = Repaired()
    async with asyncio.timeout(REPAIR_SECONDS):
        while True:
            command = ("reconcile", "--fix", "--json", *options)
            found: dict[str, Any] = json.loads(
                await site.installation.command(*command, statuses=(0, 1))
            )
            repaired.marked += found["marked"]
            repaired.brought_back += found.get("brought_back", 0)
            waits = found["findings"] or found["pending"] or (options and found["leavers"])
            if not waits:
                return repaired
            await asyncio.sleep(PAUSE)
