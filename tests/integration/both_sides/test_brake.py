"""What becomes of people whose leaving is held? They stay as they are until somebody decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.audit import Outcome
from api.admin.brakes import change_brake
from api.admin.connection_states import change_state
from api.admin.held import approve_held, every_held, list_held, reject_held
from api.admin.list_audit import list_changes
from api.directory.brake_limits import Effect
from api.directory.connection_states import Verb
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity
from api.errors import NotHeld
from api.reconciliation.status import report
from api.reconciliation.verdicts import Verdict
from contracts.clock import now
from contracts.rules import CreateMdmEmployee, MdmRules, Portal, RemoveUser
from deploy.databases.open_databases import Databases
from tests.drivers.administration import administration_on
from tests.drivers.both_sides import Installation, installation_on
from tests.integration.both_sides.test_sweep import sweep_of
from worker.platforms.sql.tables import AccountRow

LEAVE = {"op": "replace", "path": "active", "value": False}
RETURN = LEAVE | {"value": True}
RULES = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=RemoveUser())
STAFF = ("ada", "ben", "eve", "joe")

by_both_ways = pytest.mark.parametrize("staff", ["hot", "plain"], indirect=True)
"""A mark of what requests say: they take the short way, or the plain one of more statements."""


@dataclass(slots=True)
class Staff:
    """People with devices, whose connection lets two of them leave within an hour."""

    installation: Installation
    ids: dict[str, str]

    @property
    def it(self) -> Administration:
        return administration_on(self.installation.ingress.database)

    @property
    def connection(self) -> str:
        return self.installation.ingress.connection

    async def patch(self, name: str, operation: object) -> None:
        answer = await self.installation.ingress.patch(f"/Users/{self.ids[name]}", operation)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text

    async def delete(self, name: str) -> None:
        answer = await self.installation.ingress.send("DELETE", f"/Users/{self.ids[name]}")
        assert answer.status_code == 204, answer.text

    async def leave(self, *names: str, way: str = "deactivated") -> None:
        """Let people leave one after the other, and deliver what is released."""
        for name in names:
            await (self.delete(name) if way == "deleted" else self.patch(name, LEAVE))
            await self.installation.deliver()

    async def there(self) -> set[str]:
        """Return the people who have an account and a device, which go together."""
        accounts = {it.email for it in await self.installation.accounts() if not it.removed}
        devices = self.installation.inventory.devices.of_workspace("Acme")
        assert accounts == {it.assigned_to async for it in devices if it.assigned_to}
        return {str(email).partition("@")[0] for email in accounts}

    async def told_of(self, name: str, column: str) -> object:
        """Return what the account of a person shows."""
        async with self.installation.downstream.read() as db:
            this = AccountRow.__table__.c  # type: ignore[attr-defined]
            return await db.scalar(select(this[column]).where(this.email == f"{name}@acme.test"))

    async def held(self) -> list[str]:
        names = {id_: name for name, id_ in self.ids.items()}
        found = await list_held(self.it, COMMAND, self.connection)
        return [names[it.identity] for it in found]

    async def is_in_step(self) -> bool:
        """Return whether nobody is pending, lost, or other than an event has told."""
        comparison = await self.installation.compare()
        told = await report(self.installation.ingress.database, self.installation.states, now())
        assert told.held == len(await self.held())
        return comparison.counts.keys() == {Verdict.IN_STEP} and not told.pending


@pytest.fixture(params=["hot"])
async def staff(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[Staff]:
    """Give people whose requests take the short way, or what else a test names."""
    directory = databases.directory
    if request.param == "plain":
        directory = DirectoryDatabase(directory.reading, directory.writing, directory.searching)
    async with installation_on(replace(databases, directory=directory), RULES) as installation:
        emails = [f"{name}@acme.test" for name in STAFF]
        ids = [await installation.ingress.user(email) for email in emails]
        await installation.ingress.group("Weavers", *ids)
        await installation.deliver()
        for email in emails:
            await installation.inventory.devices.add("Acme", f"of {email}", assigned_to=email)
        made = Staff(installation, dict(zip(STAFF, ids, strict=True)))
        await change_brake(made.it, COMMAND, made.connection, "2:0")
        yield made


@by_both_ways
@pytest.mark.parametrize("way", ["deactivated", "deleted"])
async def test_the_first_leave_and_the_others_stay_until_they_are_approved(
    staff: Staff, way: str
) -> None:
    await staff.leave(*STAFF, way=way)
    assert await staff.there() == {"eve", "joe"}
    assert await staff.held() == ["eve", "joe"]
    assert await staff.is_in_step()
    assert await approve_held(staff.it, COMMAND, staff.connection, [staff.ids["joe"]]) == 1
    await staff.installation.deliver()
    assert await staff.there() == {"eve"}
    assert await approve_held(staff.it, COMMAND, staff.connection, None) == 1
    await staff.installation.deliver()
    assert (await staff.there(), await staff.held()) == (set(), [])
    assert await staff.is_in_step()


@by_both_ways
async def test_a_rejected_leaving_is_waived_until_the_provider_speaks_again(staff: Staff) -> None:
    await staff.leave(*STAFF)
    assert await reject_held(staff.it, COMMAND, staff.connection, None) == 2
    await staff.installation.deliver()
    assert (await staff.there(), await staff.held()) == ({"eve", "joe"}, [])
    await staff.leave("eve", way="deleted")
    assert await staff.there() == {"eve", "joe"}, "whoever was inactive does not leave again"
    await staff.patch("joe", RETURN)
    await staff.installation.deliver()
    await change_brake(staff.it, COMMAND, staff.connection, "3:0")
    await staff.leave("joe")
    assert await staff.there() == {"eve"}
    assert await approve_held(staff.it, COMMAND, staff.connection, [staff.ids["eve"]]) == 1
    await staff.installation.deliver()
    assert await staff.there() == set()
    assert await staff.is_in_step()


@by_both_ways
async def test_who_returns_from_a_hold_keeps_everything(staff: Staff) -> None:
    await staff.leave(*STAFF)
    await staff.patch("joe", RETURN)
    await staff.patch("joe", {"op": "replace", "path": "displayName", "value": "Joe"})
    await staff.installation.deliver()
    assert await staff.there() == {"eve", "joe"}
    assert await staff.held() == ["eve"]
    assert await staff.told_of("joe", "display_name") == "Joe"
    assert await staff.is_in_step()


@by_both_ways
async def test_what_changes_during_a_hold_waits_with_it(staff: Staff) -> None:
    await staff.leave(*STAFF)
    await staff.patch("joe", {"op": "replace", "path": "displayName", "value": "Joe"})
    await staff.installation.ingress.group("Spinners", staff.ids["joe"])
    await staff.leave("joe", way="deleted")
    assert await staff.there() == {"eve", "joe"}
    assert await staff.held() == ["eve", "joe"]
    assert await staff.told_of("joe", "display_name") is None
    assert await staff.told_of("joe", "groups") == ["Weavers"]
    assert await staff.is_in_step()


async def test_joiners_go_on_while_leavers_are_held(staff: Staff) -> None:
    await staff.leave(*STAFF)
    await staff.installation.ingress.user("zoe@acme.test")
    await staff.installation.deliver()
    emails = {it.email for it in await staff.installation.accounts() if not it.removed}
    assert emails == {"eve@acme.test", "joe@acme.test", "zoe@acme.test"}


async def test_neither_sweep_nor_resync_releases_what_is_held(staff: Staff) -> None:
    await staff.leave(*STAFF[:3])
    await staff.patch("joe", LEAVE)
    await staff.installation.deliver(lost=True)
    installation = staff.installation
    installation.seconds_ahead = 86_400
    assert await sweep_of(installation).sweep() == 1, "joe's event was lost"
    await installation.deliver()
    await installation.fix()
    await installation.deliver()
    assert await staff.there() == {"eve", "joe"}
    assert await staff.held() == ["eve", "joe"]
    assert await staff.is_in_step()


async def test_a_restored_directory_that_holds_who_has_left_brings_nobody_back(
    staff: Staff,
) -> None:
    await staff.leave(*STAFF)
    before = dict(await staff.installation.ingress.identity(staff.ids["joe"]))
    await approve_held(staff.it, COMMAND, staff.connection, None)
    await staff.installation.deliver()
    async with staff.installation.ingress.database.write() as db:
        this = update(Identity).where(col(Identity.id) == staff.ids["joe"])
        await db.execute(this.values({**before, "dirty_lane": None, "dirty_since": None}))
    assert [it.identity for it in (await staff.installation.compare()).leavers] == [
        staff.ids["joe"]
    ]
    assert await sweep_of(staff.installation).sweep() == 0
    assert await staff.installation.fix() == 0
    await staff.installation.deliver()
    assert await staff.there() == set()
    assert await staff.installation.bring_back() == 1
    await staff.installation.deliver()
    assert (await staff.installation.compare()).leavers == []
    assert {it.email for it in await staff.installation.accounts() if not it.removed} == {
        "joe@acme.test"
    }


# --- what administrators see --------------------------------------------------------------------


async def test_the_held_are_listed_in_pages_with_effect_and_time(staff: Staff) -> None:
    await change_brake(staff.it, COMMAND, staff.connection, "0:0")
    await staff.leave(*STAFF)
    first = await list_held(staff.it, COMMAND, staff.connection, most=3)
    rest = await list_held(staff.it, COMMAND, staff.connection, after=first[-1], most=3)
    every = [it async for page in every_held(staff.it, COMMAND, staff.connection) for it in page]
    assert [*first, *rest] == every
    assert [it.identity for it in every] == [staff.ids[name] for name in STAFF]
    assert {it.effect for it in every} == {Effect.DEACTIVATION}
    assert all(it.since <= now() for it in every)


async def test_decisions_are_audited_by_ids(staff: Staff) -> None:
    await change_brake(staff.it, COMMAND, staff.connection, "1:0")
    await staff.leave(*STAFF)
    await approve_held(staff.it, COMMAND, staff.connection, [staff.ids["ben"]])
    await reject_held(staff.it, COMMAND, staff.connection, None)
    logged = await list_changes(staff.it, COMMAND, connection=staff.connection, most=5)
    rejected, approved = {"identities": "all"}, {"identities": [staff.ids["ben"]]}
    assert [(it.action, it.outcome, it.after) for it in logged] == [
        ("held.reject", "done", rejected | {"people": 2}),
        ("held.reject", "begun", rejected),
        ("held.approve", "done", approved),
        ("held.approve", "begun", approved),
        ("connections.brake", "done", {"brake": "1:0"}),
    ]
    assert logged[-1].before == {"brake": "2:0"}


async def test_decisions_at_once_are_made_or_refused_and_audited_so(staff: Staff) -> None:
    """A rejected leaving may be approved after all, so that up to two of the four are made."""
    await staff.leave(*STAFF)
    named = [staff.ids["eve"], staff.ids["joe"]]
    racing = [
        decide(staff.it, COMMAND, staff.connection, named)
        for decide in (approve_held, reject_held) * 2
    ]
    ends = await asyncio.gather(*racing, return_exceptions=True)
    made = [it for it in ends if not isinstance(it, NotHeld)]
    assert made in ([2], [2, 2])
    assert await staff.held() == []
    logged = await list_changes(staff.it, COMMAND, connection=staff.connection)
    outcomes = [it.outcome for it in logged if it.action.startswith("held.")]
    assert outcomes.count(Outcome.DONE) == len(made)


async def test_who_is_not_held_cannot_be_decided_on_and_nobody_else_is(staff: Staff) -> None:
    await staff.leave(*STAFF)
    named: Sequence[str] = [staff.ids["eve"], staff.ids["ada"]]
    for decide in (approve_held, reject_held):
        with pytest.raises(NotHeld, match=staff.ids["ada"]):
            await decide(staff.it, COMMAND, staff.connection, named)
    assert await staff.held() == ["eve", "joe"]
    await reject_held(staff.it, COMMAND, staff.connection, None)
    with pytest.raises(NotHeld):
        await reject_held(staff.it, COMMAND, staff.connection, [staff.ids["eve"]])


async def test_going_live_makes_no_account_for_people_who_have_left_meanwhile(
    databases: Databases,
) -> None:
    async with installation_on(databases, RULES) as installation:
        for number in (1, 3):
            await installation.inventory.accounts.add("Acme", Portal.MDM, f"u{number}@acme.test")
        it, connection = installation.administration, installation.ingress.connection
        await change_brake(it, COMMAND, connection, "1:0")
        await change_state(it, COMMAND, connection, Verb.OBSERVE)
        ids = [await installation.ingress.user(f"u{number}@acme.test") for number in range(4)]
        for id_ in ids[1:]:
            assert (await installation.ingress.patch(f"/Users/{id_}", LEAVE)).is_success
        await change_state(it, COMMAND, connection, Verb.RESUME)
        await installation.deliver()
        assert await _there(installation) == {"u0@acme.test", "u3@acme.test"}, "one may leave"
        held = [each.identity for each in await list_held(it, COMMAND, connection)]
        assert sorted(held) == sorted(ids[2:])
        assert (await installation.ingress.patch(f"/Users/{ids[2]}", RETURN)).is_success
        await approve_held(it, COMMAND, connection, [ids[3]])
        await installation.deliver()
        assert await _there(installation) == {"u0@acme.test", "u2@acme.test"}


async def _there(installation: Installation) -> set[str]:
    return {str(it.email) for it in await installation.accounts() if not it.removed}
