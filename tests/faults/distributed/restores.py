"""What happens after a restore? A database is as it was a while ago, and Muster makes up for it."""

import asyncio
import json
from copy import deepcopy
from typing import Any

import asyncpg

from api.admin.connections import resync
from api.directory.database import DirectoryDatabase
from contracts.clock import now
from tests.end_to_end.okta import Person
from tests.faults.distributed.database_faults import FaultDidNotHappen, closed
from tests.faults.distributed.patient_app import PatientApp
from tests.faults.distributed.site import Site

REPAIR_SECONDS = 150
"""Longer than an event that was published just now may be on its way for a reconciliation."""

PAUSE = 3
"""Seconds between two looks: what was published just now is not missing yet."""

ACCESS = {
    "directory": "GRANT CONNECT ON DATABASE directory TO directory",
    "downstream": "GRANT CONNECT ON DATABASE downstream TO downstream, directory",
}
"""As deploy/postgres/databases.sh has it; a copy of a database has the usual rights."""


async def restore_directory(site: Site) -> None:
    """Restore an older directory, publish it again, and let the provider push what is missing.

    That is who joined and who came back. Whoever came back stays until then, though the directory
    shows somebody inactive: a deactivation that was applied is not applied again.
    """
    async with site.load.held(), site.superuser() as admin:
        await _back_up(admin, "directory")
        known = [(deepcopy(app.people), dict(app.groups)) for app in site.apps]
    await asyncio.sleep(site.drawn.uniform(1, 3))
    async with site.load.held(), site.superuser() as admin:
        await site.settled()
        await _restore(admin, "directory")
        returned = [
            _returned(app, people) for app, (people, _) in zip(site.apps, known, strict=True)
        ]
        missing = [_forget(app, *before) for app, before in zip(site.apps, known, strict=True)]
        for holder in site.holders:
            holder.person = holder.person and holder.app.people[holder.person.id]
        directory = DirectoryDatabase(site.stores.directory, site.stores.directory)
        for app in site.apps:
            await resync(directory, app.connection, now())
        # Where clocks were ahead, only this gives versions beyond those that downstream knows.
        await _reconcile(site)
        for app, joined, back in zip(site.apps, missing, returned, strict=True):
            for person in joined:
                await app.push_again(person)
            for id_ in back:
                await app.set_active(app.people[id_], active=True)
        site.note("restored directory", joined=sum(map(len, missing)), back=sum(map(len, returned)))


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
    async with site.load.held(), site.superuser() as admin:
        await site.settled()
        await _restore(admin, "downstream")
        repaired = await _reconcile(site)
        site.note("restored downstream", repaired=repaired)
    for holder in site.holders:
        holder.may_assign = True
    if not repaired:
        raise FaultDidNotHappen("nothing was missing")


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


def _returned(app: PatientApp, people: dict[str, Person]) -> list[str]:
    """Return who has come back since."""
    return [
        id_
        for id_, before in people.items()
        if not (before.active or before.deleted)
        and app.people[id_].active
        and not app.people[id_].deleted
    ]


def _forget(app: PatientApp, people: dict[str, Person], groups: dict[str, str]) -> list[Person]:
    """Let an app know what it knew then; return who was pushed since, and is still there."""
    since = [person for id_, person in app.people.items() if id_ not in people]
    app.departed += since
    app.people, app.groups = people, groups
    app.versions.clear()
    return [person for person in since if person.active and not person.deleted]


async def _reconcile(site: Site) -> int:
    """Compare and repair until nothing is found; return how much was."""
    repaired = 0
    async with asyncio.timeout(REPAIR_SECONDS):
        while True:
            found: dict[str, Any] = json.loads(
                await site.installation.command("reconcile", "--fix", "--json")
            )
            repaired += int(found["marked"])
            if not (found["findings"] or found["pending"]):
                return repaired
            await asyncio.sleep(PAUSE)
