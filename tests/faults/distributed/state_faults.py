"""Do the states of a connection hold over kills? A pause, a brake that trips, and a deletion.

The judge sees what became of everybody in the end. What may not happen in between is seen here.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import exists, select
from sqlmodel import col

from api.admin.connections import DELETION
from api.directory.administration_tables import AuditEntry
from api.directory.tables import Connection
from contracts.rules import Portal
from tests.drivers.okta import Person
from tests.faults.distributed import process_faults as process
from tests.faults.distributed.orders import Point
from tests.faults.distributed.patient_app import PatientApp
from tests.faults.distributed.site import SETTLE_SECONDS, Site
from tests.readings.stored import Key, Stored
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.inventory import Inventory

LOOK = 0.25
"""Seconds between two looks, before each of which leases lapse: somebody dead may have them."""

THRESHOLD = 3
WAVES = (2, 4, 2)
"""How many leave at once: all pass, then only the first one does, then nobody."""

STAFF = 5
"""The people of a connection that is deleted."""

KILLED_WHILE_CLOSING = (
    Point.AFTER_CLOSING,
    Point.AFTER_APPLY,
    Point.AFTER_CLOSING,
    Point.AFTER_CLOSING,
)
"""Where processes are killed, in that order, once one was that had given people their last state.

The worker may have applied a batch of the load, and not one of the deletion."""


class StateBroken(Exception):
    """Something has happened to people that the state of their connection forbids."""


# --- a pause ------------------------------------------------------------------------------------


async def pause_over_kills(site: Site) -> None:
    """Pause a connection under load, kill a relay and a worker, and let it go on.

    What is accepted by a paused connection is not applied, whoever starts again meanwhile and
    serves the others. Its leavers are late by as much, and no more.
    """
    paused, beside = site.drawn.sample(site.company, 2)
    leaver = await _join(paused)
    await _until(site, lambda: _has_arrived(site, paused, leaver))
    await _muster(site, "connections", "pause", paused)
    try:
        known = versions(await site.stores.read(), paused.connection)
        await paused.set_active(leaver, active=False)
        joiner = await _join(paused)
        await process.kill(site, "relay")
        await process.kill(site, "worker")
        await site.fleet.ready()
        other = await _join(beside)
        await _until(site, lambda: _has_arrived(site, beside, other))
        if found := applied_since(await site.stores.read(), paused.connection, known):
            raise StateBroken(f"applied although paused: {found}")
    finally:
        await _muster(site, "connections", "resume", paused)
    for person in (leaver, joiner):
        await _until(site, lambda it=person: _has_arrived(site, paused, it))  # type: ignore[misc]


def applied_since(stored: Stored, connection: str, known: Mapping[Key, int]) -> list[Key]:
    """Return the people of a connection of whom more than the known versions is applied. Pure."""
    return sorted(
        key
        for key, row in stored.records.items()
        if key[0] == connection and row["applied_version"] > known.get(key, 0)
    )


def versions(stored: Stored, connection: str) -> dict[Key, int]:
    """Return the highest version of each of a connection's people, on whichever side. Pure.

    A directory that was restored has forgotten people who had come and gone, and downstream has
    not.
    """
    known = {key: row["version"] for key, row in stored.identities.items()}
    applied = {key: row["applied_version"] for key, row in stored.records.items()}
    return {
        key: max(known.get(key, 0), applied.get(key, 0))
        for key in known.keys() | applied.keys()
        if key[0] == connection
    }


# --- a brake ------------------------------------------------------------------------------------


async def trip_brake_over_kills(site: Site) -> None:
    """Let more people leave than may, in waves, and kill a relay each time that it has judged.

    As many as may leave have left after each wave, the others are held, and joiners go on. All
    leave once that is approved, though one more relay is killed then.
    """
    app = await site.connect(Portal.STORE, "--brake", f"{THRESHOLD}:0")
    waves = [[await _join(app) for _ in range(size)] for size in WAVES]
    await _until(site, lambda: _is_in_step(site, app))
    for wave in waves:
        async with process.crashing(site, Point.AFTER_JUDGEMENT):
            await asyncio.gather(*(app.set_active(it, active=False) for it in wave))
        await _join(app)
        await _until(site, lambda: _is_in_step(site, app))
        await _check_brake(site, app)
    approved = await _muster(site, "held", "approve", app, "--all")
    await process.kill(site, "relay")
    await _until(site, lambda: _is_in_step(site, app))
    site.note("approved", people=approved["approved"])
    site.apps.insert(0, app)  # for the judge, from now on


async def _check_brake(site: Site, app: PatientApp) -> None:
    listed = await _muster(site, "held", "list", app)
    held = {row["identity"] for row in listed}
    left = {it.id for it in app.people.values() if not it.active}
    gone = removed_people(await site.stores.read(), app.connection)
    site.note("braked", left=len(left), gone=len(gone), held=len(held))
    if problem := brake_broken(left, gone, held):
        raise StateBroken(problem)


def brake_broken(left: Collection[str], gone: Collection[str], held: Collection[str]) -> str:
    """Say what is wrong with those who are gone and held, of those who have left. Pure."""
    if len(gone) != min(THRESHOLD, len(left)):
        return f"{len(gone)} are gone of {len(left)} who have left, and {THRESHOLD} may be"
    if set(held) != set(left) - set(gone):
        return f"{len(held)} are held, and {len(gone)} are gone of {len(left)} who have left"
    return ""


def removed_people(stored: Stored, connection: str) -> set[str]:
    """Return the ids of people of a connection whose accounts are removed. Pure."""
    return {
        identity
        for (of, identity), row in stored.records.items()
        if of == connection and row["account_id"] and stored.accounts[row["account_id"]]["removed"]
    }


# --- a deletion ---------------------------------------------------------------------------------


async def delete_over_kills(site: Site) -> None:
    """Delete a connection with all its people, and kill processes after its steps.

    The first one is killed when people have got their last state and nothing is published yet, the
    others, a worker among them, while that goes on. Everybody is deactivated, whatever the brake,
    and the deletion ends once. Each device has to be released once, which the judge sees.
    """
    app = await site.connect(Portal.MDM, "--brake", "1:0")
    staff = [await _join(app) for _ in range(STAFF)]
    await app.push_group("Weavers", staff)
    await _until(site, lambda: _is_in_step(site, app))
    await _give_devices(site, app, staff)
    async with process.crashing(site, Point.AFTER_CLOSING):
        await _muster(site, "connections", "delete", app, "--people", "deactivate")
    async with asyncio.TaskGroup() as tasks:
        killing = tasks.create_task(_kill_after_steps(site))
        await _until(site, lambda: _is_deleted(site, app))
        killing.cancel()
    accounts = (await site.stores.read()).accounts.values()
    removed = [it["removed"] for it in accounts if it["workspace"] == app.workspace]
    if problem := deletion_broken(removed, STAFF, await _outcomes(site, app)):
        raise StateBroken(problem)


async def _give_devices(site: Site, app: PatientApp, staff: Collection[Person]) -> None:
    """Give a device to each, which has to be released once."""
    downstream = DownstreamDatabase(site.stores.downstream, site.stores.downstream)
    devices = Inventory(downstream).devices
    for person in staff:
        serial = f"LAPTOP-{person.id}"
        await devices.add(app.workspace, serial, assigned_to=person.email)
        site.released[serial] += 1


async def _kill_after_steps(site: Site) -> None:
    """Kill one process after another while a connection closes, which may end before all are."""
    for point in KILLED_WHILE_CLOSING:
        async with process.crashing(site, point):
            pass
        site.note("killed", point=point.name)


async def _is_deleted(site: Site, app: PatientApp) -> bool:
    is_there = select(exists().where(col(Connection.id) == app.connection))
    async with site.stores.directory.connect() as db:
        return not await db.scalar(is_there)


async def _outcomes(site: Site, app: PatientApp) -> list[str]:
    """Return what the audit log says of a deletion, oldest first."""
    of_deletion = (
        col(AuditEntry.connection_id) == app.connection,
        col(AuditEntry.action) == DELETION,
    )
    outcomes = select(col(AuditEntry.outcome)).where(*of_deletion).order_by(col(AuditEntry.number))
    async with site.stores.directory.connect() as db:
        return list((await db.execute(outcomes)).scalars())


def deletion_broken(removed: Collection[bool], people: int, outcomes: Sequence[str]) -> str:
    """Say what is wrong with a deletion that has ended. Pure.

    :param removed: of each account that the connection made, whether it is removed.
    :param people: how many were pushed.
    :param outcomes: what the audit log says of the deletion, oldest first.
    """
    if list(removed) != [True] * people:
        there = len(removed) - sum(removed)
        return f"{there} of {len(removed)} accounts are there, and {people} people were pushed"
    if list(outcomes) != ["begun", "done"]:
        return f"the audit log says {outcomes} of one deletion"
    return ""


# --- people -------------------------------------------------------------------------------------


async def _join(app: PatientApp) -> Person:
    """Let somebody join whom no hand of the load touches."""
    person = await app.assign(f"subject-{uuid4().hex[:8]}")
    person.is_holder = True
    return person


async def _has_arrived(site: Site, app: PatientApp, person: Person) -> bool:
    return await site.stores.has_arrived(app.connection, person.id)


async def _is_in_step(site: Site, app: PatientApp) -> bool:
    """Say whether nobody of a connection is pending, or to be judged."""
    lagging = (await site.stores.read()).lagging
    return all(connection != app.connection for connection, _ in lagging)


async def _until(site: Site, holds: Callable[[], Awaitable[bool]]) -> None:
    try:
        async with asyncio.timeout(SETTLE_SECONDS):
            while not await holds():
                await site.let_leases_lapse()
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise StateBroken("what was accepted is not applied, or not deleted") from None


async def _muster(site: Site, noun: str, verb: str, app: PatientApp, *options: str) -> Any:
    printed = await site.installation.command(noun, verb, app.connection, *options, "--json")
    return json.loads(printed)
