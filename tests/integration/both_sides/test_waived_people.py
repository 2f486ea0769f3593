"""Are people found who stay because their held leaving was rejected, and how do they leave?"""

from collections.abc import AsyncIterator, Sequence

import pytest

from api.admin.actors import COMMAND
from api.admin.brakes import change_brake
from api.admin.held import approve_held, list_held, reject_held
from api.admin.lock_person import Locking, lock_person, unlock_person
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import ListedPerson, list_people
from api.admin.show_person import ShownPerson, show_person
from api.admin.status import status_of
from api.directory.leavings import Leaving
from api.errors import NotLocked
from contracts.rules import CreateMdmEmployee, MdmRules, RemoveUser
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import Installation, installation_on

LEAVE = {"op": "replace", "path": "active", "value": False}
RULES = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=RemoveUser())
ADA = "ada@acme.test"


@pytest.fixture
async def kept(databases: Databases) -> AsyncIterator[Installation]:
    """Give an installation whose brake holds the leavings of Ada and Ben, and Eve is active."""
    async with installation_on(databases, RULES) as installation:
        ingress = installation.ingress
        ids = [await ingress.user(f"{name}@acme.test") for name in ("ada", "ben", "eve")]
        await installation.deliver()
        await change_brake(installation.administration, COMMAND, ingress.connection, "0:0")
        for id_ in ids[:2]:
            await ingress.patch(f"/Users/{id_}", LEAVE)
        await installation.deliver()
        yield installation


async def reject(installation: Installation, *identities: str) -> None:
    """Reject the leavings of some people, or of everybody."""
    it, connection = installation.administration, installation.ingress.connection
    assert await reject_held(it, COMMAND, connection, identities or None)
    await installation.deliver()


async def listed(installation: Installation, *, waived: bool = True) -> Sequence[ListedPerson]:
    """Return the people who are listed, only waived ones or all."""
    wanted = PeopleFilter(waived=waived)
    page = await list_people(installation.administration, COMMAND, wanted, most=100)
    assert page.next is None
    return page.items


async def shown(installation: Installation, name: str = ADA) -> ShownPerson:
    """Return a person."""
    it, connection = installation.administration, installation.ingress.connection
    return await show_person(it, COMMAND, connection, name)


async def there(installation: Installation) -> set[str | None]:
    """Return the addresses of live accounts."""
    await installation.deliver()
    return {each.email for each in await installation.accounts() if not each.removed}


async def test_whoever_was_rejected_is_found_and_counted(kept: Installation) -> None:
    assert await listed(kept) == ()
    ada = await shown(kept)
    assert (ada.state, ada.reason) == ("held", "brake")
    await reject(kept)
    found = {(it.user_name, it.active, it.state, it.reason) for it in await listed(kept)}
    assert found == {(it, False, "applied", "waived") for it in (ADA, "ben@acme.test")}
    ada = await shown(kept)
    assert (ada.active, ada.state, ada.reason) == (False, "applied", "waived")
    status = await status_of(kept.administration, COMMAND)
    counts = status.connections[0].counts
    assert (counts.held, counts.waived, counts.applied, counts.identities) == (0, 2, 3, 3)


async def test_whoever_is_deleted_after_a_rejection_stays_and_is_found(kept: Installation) -> None:
    await reject(kept)
    ada = (await shown(kept)).identity
    assert (await kept.ingress.send("DELETE", f"/Users/{ada}")).status_code == 204
    assert ADA in await there(kept)
    [gone] = [it for it in await listed(kept) if it.deleted]
    assert (gone.identity, gone.state, gone.reason) == (ada, "applied", "waived")
    assert ada in {it.identity for it in await listed(kept, waived=False)}
    person = await shown(kept)
    assert (person.deleted, person.reason) == (True, "waived")
    assert {"deletion-waived", "deactivation-waived"} <= {it.event for it in person.timeline}
    it, connection = kept.administration, kept.ingress.connection
    assert await approve_held(it, COMMAND, connection, [ada]) == 1
    assert ADA not in await there(kept)
    assert ada not in {it.identity for it in await listed(kept, waived=False)}
    person = await shown(kept)
    assert (person.state, person.reason) == ("applied", None)
    assert {"approved", "deleted"} <= {it.event for it in person.timeline}


@pytest.mark.parametrize("named", [True, False], ids=["named", "all"])
async def test_the_timeline_tells_the_hold_and_the_rejection(
    kept: Installation, *, named: bool
) -> None:
    before = await shown(kept)
    events = [str(it.event) for it in before.timeline]
    assert {"held", "deactivation-waits"} <= {*events}
    assert not {"deactivated", "rejected"} & {*events}
    held = {
        it.identity for it in await list_held(kept.administration, COMMAND, kept.ingress.connection)
    }
    await reject(kept, *(held if named else ()))
    person = await shown(kept)
    events = [str(it.event) for it in person.timeline]
    assert "deactivated" not in events
    assert events.count("deactivation-waived") == events.count("rejected") == 1
    assert events.index("held") < events.index("rejected")
    [applied] = [it for it in person.timeline if it.event == "applied"]
    assert applied.details["tells"] == "the person as before the leaving"
    eve = await shown(kept, "eve@acme.test")
    assert not {"held", "rejected"} & {it.event for it in eve.timeline}


@pytest.mark.parametrize("leaving", [Leaving.HELD, Leaving.WAIVED], ids=["held", "waived"])
async def test_a_lock_says_that_it_lets_a_leaving_go_and_is_no_lock(
    kept: Installation, leaving: Leaving
) -> None:
    if leaving is Leaving.WAIVED:
        await reject(kept)
    it, connection = kept.administration, kept.ingress.connection
    done = await lock_person(it, COMMAND, connection, ADA)
    assert (done.done, done.locked_at) == (Locking.LET_GO, None)
    assert ADA not in await there(kept)
    assert (await lock_person(it, COMMAND, connection, ADA)).done is Locking.LEFT
    with pytest.raises(NotLocked):
        await unlock_person(it, COMMAND, connection, ADA)
    assert (await lock_person(it, COMMAND, connection, "eve@acme.test")).done is Locking.LOCKED
    assert (await unlock_person(it, COMMAND, connection, "eve@acme.test")).done is Locking.UNLOCKED
