"""What becomes of people whose connection is deleted, and of the connection itself?"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from api.admin.actors import COMMAND
from api.admin.brakes import change_brake
from api.admin.delete_connection import delete_connection, left_to_close
from api.admin.list_audit import list_changes
from api.directory.closing import People
from api.directory.connection_states import Verb
from api.directory.tables import ApiTable, Connection
from api.errors import UnknownConnection
from api.reconciliation.close_connections import ConnectionCloser
from api.reconciliation.removal import OUTLIVING, REMOVED
from api.reconciliation.verdicts import Verdict
from contracts.clock import Clock
from contracts.rules import (
    CreateCollaborator,
    DashboardRules,
    Portal,
    RemoveCollaborator,
    Role,
    RoleLine,
)
from tests.drivers.administration import administration_on, stand
from tests.drivers.both_sides import Installation
from tests.drivers.in_process import Ingress

LEAVE = {"op": "replace", "path": "active", "value": False}
DASHBOARD = DashboardRules(
    on_create=CreateCollaborator(role=Role.VIEWER),
    on_deactivate=RemoveCollaborator(),
    role_map=(RoleLine(name="Bosses", role=Role.ADMIN), RoleLine(name="Press", role=Role.EDITOR)),
)
TABLES = {
    name: table for name, table in ApiTable.metadata.tables.items() if "connection_id" in table.c
}

SwitchOn = Callable[[DashboardRules], Awaitable[Installation]]


async def join(ingress: Ingress, *names: str) -> list[str]:
    """Let people join; return their ids."""
    return [await ingress.user(f"{name}@acme.test") for name in names]


async def delete(installation: Installation, people: People) -> None:
    """Begin to delete the connection."""
    it = administration_on(installation.ingress.database, clock=installation.clock)
    await delete_connection(it, COMMAND, installation.ingress.connection, people)


def closer_of(installation: Installation, clock: Clock | None = None) -> ConnectionCloser:
    """Return what a process closes connections with, in small slices."""
    return ConnectionCloser(
        installation.ingress.database,
        installation.states,
        clock or installation.clock,
        slice_size=2,
    )


async def close(installation: Installation) -> bool:
    """Let relay, worker and closer do their work; return whether the connection is gone."""
    closer = closer_of(installation)
    for _ in range(3):
        await closer.close_all()
        await installation.deliver()
    return await closer.close_all() is False


async def live(installation: Installation) -> dict[str | None, Role | None]:
    """Return the accounts that are there, with their roles."""
    return {it.email: it.role for it in await installation.accounts() if not it.removed}


async def rows_left(installation: Installation) -> dict[str, int]:
    """Return the numbers of rows of the connection, by their tables."""
    ingress, numbers = installation.ingress, {}
    async with ingress.database.read() as db:
        for name, table in TABLES.items():
            of_connection = table.c.connection_id == ingress.connection
            statement = select(func.count()).select_from(table).where(of_connection)
            numbers[name] = await db.scalar(statement) or 0
        whole = select(func.count()).where(col(Connection.id) == ingress.connection)
        numbers["connections"] = await db.scalar(whole) or 0
    return {name: number for name, number in numbers.items() if number}


def test_each_table_with_rows_of_a_connection_is_removed_or_outlives_it() -> None:
    assert {*REMOVED, *OUTLIVING, "identities"} == set(TABLES)


async def test_people_are_deactivated_by_the_rules(installation: Installation) -> None:
    ingress = installation.ingress
    await ingress.group("Makers", *await join(ingress, "ada", *"0123"))
    await installation.deliver()
    await delete(installation, People.DEACTIVATE)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert await close(installation)
    assert await live(installation) == {}
    assert await rows_left(installation) == {"audit_log": 3}
    comparison = await installation.compare()
    assert (comparison.findings, comparison.leavers) == ([], [])
    assert not comparison.counts


async def test_people_are_kept_and_held_by_nobody(installation: Installation) -> None:
    ingress = installation.ingress
    for name in ("ada@acme.test", "ben@acme.test", "cyd@acme.test"):
        await ingress.user(name)
    gone = await ingress.user("dan@acme.test")
    await installation.deliver()
    await change_brake(administration_on(ingress.database), COMMAND, ingress.connection, "off")
    await ingress.patch(f"/Users/{gone}", LEAVE)  # accepted, and held by nothing
    await delete(installation, People.KEEP)
    assert await close(installation)
    assert set(await live(installation)) == {"ada@acme.test", "ben@acme.test", "cyd@acme.test"}
    assert await rows_left(installation) == {"audit_log": 4}
    assert not (await installation.compare()).findings


async def test_an_account_that_was_kept_is_linked_by_the_next_connection(
    installation: Installation,
) -> None:
    await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await delete(installation, People.KEEP)
    assert await close(installation)
    [kept] = await installation.accounts()
    assert (kept.email, kept.connection) == ("ada@acme.test", None)
    again = await installation.ingress.neighbour("Acme")
    assert again.connection == "acme-store-2"  # the logs of the first one are not taken for its own
    await again.user("ada@acme.test")
    await installation.deliver()
    [linked] = await installation.accounts()
    assert (linked.email, linked.connection) == ("ada@acme.test", again.connection)


async def test_a_mapped_role_ends_with_its_holder(switched_on: SwitchOn) -> None:
    installation = await switched_on(DASHBOARD)
    ingress = installation.ingress
    await installation.inventory.accounts.add(
        "Acme", Portal.DASHBOARD, "root@acme.test", role=Role.ADMIN
    )
    ada, ben = [await ingress.user(f"{name}@acme.test") for name in ("ada", "ben")]
    await ingress.group("Press", ada, ben)
    await installation.deliver()
    assert (await live(installation))["ada@acme.test"] is Role.EDITOR
    await delete(installation, People.KEEP)
    assert await close(installation)
    assert await live(installation) == {
        "root@acme.test": Role.ADMIN,
        "ada@acme.test": Role.VIEWER,
        "ben@acme.test": Role.VIEWER,
    }


async def test_the_last_admin_keeps_a_connection_closing(switched_on: SwitchOn) -> None:
    installation = await switched_on(DASHBOARD)
    ingress = installation.ingress
    ada, _ = [await ingress.user(f"{name}@acme.test") for name in ("ada", "ben")]
    await ingress.group("Bosses", ada)
    await installation.deliver()
    await delete(installation, People.DEACTIVATE)
    assert not await close(installation)
    assert await live(installation) == {"ada@acme.test": Role.ADMIN}
    comparison = await installation.compare()
    assert dict(comparison.counts) == {Verdict.REFUSED: 1}
    it = administration_on(ingress.database)
    begun = await delete_connection(it, COMMAND, ingress.connection, People.DEACTIVATE)
    assert await left_to_close(it, [begun]) == {ingress.connection: 1}


@pytest.mark.parametrize("people", People)
async def test_what_a_brake_holds_or_has_to_judge_is_kept_or_leaves_as_was_asked(
    installation: Installation, people: People
) -> None:
    ingress = installation.ingress
    users = await join(ingress, *"012345")
    await installation.deliver()
    await change_brake(administration_on(ingress.database), COMMAND, ingress.connection, "1:0")
    for user in users[:3]:
        await ingress.patch(f"/Users/{user}", LEAVE)
    await installation.deliver()
    assert len(await live(installation)) == 5  # one has left, two are held
    await ingress.patch(f"/Users/{users[3]}", LEAVE)  # no relay has judged it yet
    await ingress.send("DELETE", f"/Users/{users[4]}")
    await delete(installation, people)
    await installation.deliver()  # a relay comes before the first slice
    assert len(await live(installation)) == 5
    assert await close(installation)
    assert len(await live(installation)) == (5 if people is People.KEEP else 0)
    assert not (await installation.compare()).findings


@pytest.mark.parametrize("people", People)
async def test_what_a_pause_held_is_not_carried_out(
    installation: Installation, people: People
) -> None:
    ingress = installation.ingress
    ada, ben, cyd = await join(ingress, "ada", "ben", "cyd")
    await installation.deliver()
    await ingress.patch(f"/Users/{cyd}", LEAVE)
    await installation.deliver()
    await stand(ingress.database, ingress.connection, Verb.PAUSE)
    await ingress.patch(f"/Users/{ada}", LEAVE)
    await ingress.send("DELETE", f"/Users/{ben}")
    await ingress.patch(f"/Users/{cyd}", {**LEAVE, "value": True})
    await ingress.user("dan@acme.test")
    brief = await ingress.user("eve@acme.test")
    await ingress.send("DELETE", f"/Users/{brief}")
    await delete(installation, people)
    await installation.deliver()  # a relay comes before the first slice
    assert await close(installation)
    kept = {"ada@acme.test", "ben@acme.test"} if people is People.KEEP else set()
    assert set(await live(installation)) == kept
    assert {it.email for it in await installation.accounts()} - {None} == kept
    assert not (await installation.compare()).findings


@pytest.mark.parametrize("people", People)
async def test_a_first_sync_that_was_only_observed_leaves_no_trace(
    installation: Installation, people: People
) -> None:
    ingress = installation.ingress
    await installation.inventory.accounts.add("Acme", Portal.STORE, "ada@acme.test")
    await stand(ingress.database, ingress.connection, Verb.OBSERVE)
    for name in ("ada", "ben"):
        await ingress.user(f"{name}@acme.test")
    await delete(installation, people)
    assert await close(installation)
    assert [it.email for it in await installation.accounts()] == ["ada@acme.test"]


async def test_a_deletion_begun_twice_is_one(installation: Installation) -> None:
    await installation.ingress.user("ada@acme.test")
    await delete(installation, People.DEACTIVATE)
    await delete(installation, People.DEACTIVATE)
    assert await close(installation)
    it = administration_on(installation.ingress.database)
    changes = await list_changes(it, COMMAND, connection=installation.ingress.connection)
    told = [(each.action, each.outcome) for each in changes]
    assert told[:2] == [("connections.delete", "done"), ("connections.delete", "begun")]
    assert len(told) == 3
    with pytest.raises(UnknownConnection):
        await delete(installation, People.DEACTIVATE)


class Killed(Exception):
    """The process is gone, in the middle of a transaction."""


@dataclass(slots=True)
class MortalClock:
    """A clock whose process is killed when it is asked for the time for the n-th time."""

    installation: Installation
    asks: int

    def __call__(self) -> int:
        self.asks -= 1
        if self.asks == 0:
            raise Killed
        return self.installation.clock()


@pytest.mark.parametrize("people", People)
async def test_a_process_that_is_killed_anywhere_leaves_the_rest_to_another(
    installation: Installation, people: People
) -> None:
    ingress = installation.ingress
    await join(ingress, *"012")
    await installation.deliver()
    await delete(installation, people)
    kills, is_closing = 0, True
    while is_closing:
        kills += 1
        assert kills < 50, "it never ends"
        with suppress(Killed):
            is_closing = await closer_of(installation, MortalClock(installation, kills)).close_all()
        await installation.deliver()
    assert len(await live(installation)) == (3 if people is People.KEEP else 0)
    assert await rows_left(installation) == {"audit_log": 3}


async def test_several_processes_close_a_connection_together(installation: Installation) -> None:
    ingress = installation.ingress
    await join(ingress, *"01234")
    await installation.deliver()
    await delete(installation, People.DEACTIVATE)
    for _ in range(4):
        await asyncio.gather(*(closer_of(installation).close_all() for _ in range(3)))
        await installation.deliver()
    assert await rows_left(installation) == {"audit_log": 3}
    assert await live(installation) == {}


async def test_other_connections_notice_nothing(installation: Installation) -> None:
    neighbour = await installation.ingress.neighbour()
    await neighbour.user("nan@neighbour.test")
    await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await delete(installation, People.DEACTIVATE)
    assert await close(installation)
    [found] = await neighbour.found("/Users", 'userName eq "nan@neighbour.test"')
    assert (await neighbour.identity(found))["active"]
