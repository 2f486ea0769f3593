"""How are people listed, found and shown, from the request to the account and the devices?"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from api.admin.actors import COMMAND, Actor, Power
from api.admin.narrowing.people_filter import PeopleFilter
from api.admin.people import ListedPerson, list_people
from api.admin.show_person import AddressHolder, ShownPerson, show_person
from api.directory.administration_tables import LoggedRequest
from api.directory.connection_states import Verb
from api.directory.tables import Identity
from api.errors import AmbiguousPerson, UnknownConnection, UnknownPerson
from api.reconciliation.person_states import PersonState
from contracts.rules import CreateEmployee, CreateMdmEmployee, MdmRules, StoreRules, UnassignDevices
from deploy.databases.open_databases import Databases
from tests.drivers.administration import stand
from tests.drivers.both_sides import Installation, installation_on
from tests.drivers.in_process import USER

MDM = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=UnassignDevices())
LEAVE = {"op": "replace", "path": "active", "value": False}
VIEWER = Actor("admin:1", "Acme", Power.VIEW)
STRANGER = Actor("admin:2", "Other", Power.OWN)


async def listed(
    installation: Installation, actor: Actor = COMMAND, **wanted: Any
) -> Sequence[ListedPerson]:
    """Return the people whom a filter selects."""
    it = installation.administration
    page = await list_people(it, actor, PeopleFilter(**wanted), most=1_000)
    assert page.next is None
    return page.items


async def states(installation: Installation, **wanted: Any) -> Mapping[str, tuple[str, str | None]]:
    """Return the sync states of people by their userNames."""
    return {it.user_name: (it.state, it.reason) for it in await listed(installation, **wanted)}


async def shown(installation: Installation, text: str, actor: Actor = COMMAND) -> ShownPerson:
    """Return a person."""
    connection = installation.ingress.connection
    return await show_person(installation.administration, actor, connection, text)


@asynccontextmanager
async def neighbour_of(installation: Installation) -> AsyncIterator[Installation]:
    """Switch SCIM on for another connection of the same workspace, and of the same portal."""
    databases = Databases(installation.ingress.database, installation.downstream)
    async with installation_on(databases) as other:
        yield other


# --- lists ----------------------------------------------------------------------------------


async def test_people_are_listed_with_their_state_from_the_push_to_the_account(
    installation: Installation,
) -> None:
    await installation.ingress.user("ada@acme.test")
    assert await states(installation) == {"ada@acme.test": ("pending", None)}
    await installation.deliver()
    await installation.ingress.user("ben@acme.test")
    assert await states(installation) == {
        "ada@acme.test": ("applied", None),
        "ben@acme.test": ("pending", None),
    }
    assert list(await states(installation, state=PersonState.PENDING)) == ["ben@acme.test"]
    [ada] = await listed(installation, state=PersonState.APPLIED)
    assert ada.released_version == ada.applied_version > 0


async def test_what_a_pause_or_a_brake_holds_is_told_with_its_reason(
    installation: Installation,
) -> None:
    ingress = installation.ingress
    ada = await ingress.user("ada@acme.test")
    await ingress.user("ben@acme.test")
    await installation.deliver()
    async with ingress.database.write() as db:
        of_ada = update(Identity).where(col(Identity.id) == ada)
        await db.execute(of_ada.values(leaving=1, held_since=1))
    await stand(ingress.database, ingress.connection, Verb.PAUSE)
    await ingress.user("eve@acme.test")
    assert await states(installation, state=PersonState.HELD) == {
        "ada@acme.test": ("held", "brake"),
        "eve@acme.test": ("held", "paused"),
    }


async def test_a_deletion_is_listed_until_it_has_arrived_and_found_later(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await installation.ingress.send("DELETE", f"/Users/{ada}")
    [leaving] = await listed(installation)
    assert (leaving.deleted, leaving.state) == (True, "pending")
    await installation.deliver()
    assert await listed(installation) == ()
    for wanted in ({"inactive": True}, {"search": "ADA"}):
        [gone] = await listed(installation, **wanted)
        assert (gone.identity, gone.deleted, gone.state) == (ada, True, "applied")


async def test_inactive_people_are_listed_alone(installation: Installation) -> None:
    await installation.ingress.user("ada@acme.test")
    await installation.ingress.user("ben@acme.test", active=False)
    assert list(await states(installation, inactive=True)) == ["ben@acme.test"]


async def test_a_search_finds_a_part_of_any_name_in_any_case(installation: Installation) -> None:
    names = {"displayName": "Åda Lovelace", "externalId": "00u1"}
    address = {"value": "countess@secret.test", "primary": True}
    await installation.ingress.user("ada@acme.test", emails=[address], **names)
    await installation.ingress.user("ben@acme.test")
    for text in ("ÅDA", "ada@", "  lovelace ", "00U1", "SECRET.test"):
        assert list(await states(installation, search=text)) == ["ada@acme.test"], text


async def test_lists_are_of_one_workspace_or_one_connection(installation: Installation) -> None:
    await installation.ingress.user("ada@acme.test")
    other = await installation.ingress.neighbour()
    await other.user("ben@other.test")
    assert set(await states(installation)) == {"ada@acme.test", "ben@other.test"}
    assert set(await states(installation, workspace="acme")) == {"ada@acme.test"}
    assert set(await states(installation, connection=other.connection)) == {"ben@other.test"}
    assert [it.user_name for it in await listed(installation, VIEWER)] == ["ada@acme.test"]
    with pytest.raises(UnknownConnection):
        await listed(installation, VIEWER, connection=other.connection)
    with pytest.raises(UnknownConnection):
        await listed(installation, workspace="Acme", connection=other.connection)


async def test_a_list_that_is_read_page_by_page_is_the_whole_one(
    installation: Installation,
) -> None:
    async with neighbour_of(installation) as other:
        for number in range(5):
            await installation.ingress.user(f"ada-{number}@acme.test")
            await other.ingress.user(f"ben-{number}@acme.test")
        whole = await listed(installation)
        assert len(whole) == 10
        it = installation.administration
        for most in (1, 3, 4, 5, 10):
            people: list[ListedPerson] = []
            after = None
            while True:
                page = await list_people(it, COMMAND, after=after, most=most)
                assert len(page.items) <= most
                people += page.items
                if (after := page.next) is None:
                    break
            assert tuple(people) == whole


# --- one person -----------------------------------------------------------------------------


async def test_a_person_is_found_by_every_name(installation: Installation) -> None:
    address = {"value": "countess@acme.test", "primary": True}
    ada = await installation.ingress.user("ada@acme.test", emails=[address], externalId="00u1")
    await installation.ingress.user("ben@acme.test")
    for text in ("ADA@acme.test", " Countess@acme.test", "00u1"):
        assert (await shown(installation, text)).identity == ada, text
    assert (await shown(installation, ada)).user_name == "ada@acme.test"


async def test_a_name_of_several_people_is_answered_with_their_ids(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    address = {"value": "ada@acme.test"}
    ben = await installation.ingress.user("ben@acme.test", emails=[address])
    with pytest.raises(AmbiguousPerson) as error:
        await shown(installation, "ada@acme.test")
    assert ada in str(error.value)
    assert ben in str(error.value)
    assert "acme.test" not in str(error.value)


async def test_an_unknown_name_is_not_quoted(installation: Installation) -> None:
    for text in ("eve@acme.test", " "):
        with pytest.raises(UnknownPerson) as error:
            await shown(installation, text)
        assert "eve" not in str(error.value)


async def test_of_people_with_one_name_the_undeleted_is_meant(installation: Installation) -> None:
    ingress = installation.ingress
    earlier = [await ingress.user("ada@acme.test")]
    await ingress.send("DELETE", f"/Users/{earlier[0]}")
    assert (await shown(installation, "ada@acme.test")).identity == earlier[0]
    earlier.append(await ingress.user("ada@acme.test"))
    assert (await shown(installation, "ada@acme.test")).identity == earlier[1]
    await ingress.send("DELETE", f"/Users/{earlier[1]}")
    with pytest.raises(AmbiguousPerson, match="2 people"):
        await shown(installation, "ada@acme.test")


async def test_another_workspaces_people_are_unknown(installation: Installation) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    with pytest.raises(UnknownConnection):
        await shown(installation, ada, STRANGER)
    assert (await shown(installation, ada, VIEWER)).identity == ada


async def test_a_leaver_is_shown_with_account_devices_groups_and_timeline(
    databases: Databases,
) -> None:
    async with installation_on(databases, MDM) as installation:
        ingress = installation.ingress
        ada = await ingress.user("ada@acme.test", externalId="00u1", displayName="Ada")
        await ingress.group("Sales", ada)
        await installation.deliver()
        devices = installation.inventory.devices
        await devices.add("Acme", "S-1", assigned_to="ada@acme.test")
        person = await shown(installation, "ada@acme.test")
        assert (person.active, person.state, person.groups) == (True, "applied", ["Sales"])
        assert person.account is not None
        assert (person.account.email, person.account.role) == ("ada@acme.test", None)
        assert [it.serial for it in person.devices] == ["S-1"]
        await ingress.patch(f"/Users/{ada}", LEAVE)
        async with ingress.database.write() as db:
            await db.execute(insert(LoggedRequest).values(_request(ingress.connection, ada)))
        await installation.deliver()
        person = await shown(installation, "ada@acme.test")
        assert (person.active, person.devices) == (False, ())
        events = [it.event for it in person.timeline]
        times = [it.at for it in person.timeline]
        assert times == sorted(times)
        assert set(events) == {
            *("created", "modified", "deactivated", "changed", "published"),
            *("request", "applied", "account-made", "device-action"),
        }
        [taken] = [it for it in person.timeline if it.event == "device-action"]
        assert (taken.details["serial"], taken.details["action"]) == ("S-1", "release")


def _request(connection: str, identity: str) -> dict[str, Any]:
    return {
        "connection_id": connection,
        "at": 1,
        "method": "PATCH",
        "path": f"/Users/{identity}",
        "resource_id": identity,
        "status": 200,
        "micros": 5,
        "correlation_id": "okta-1",
    }


async def test_in_a_conflict_the_holder_of_the_address_is_shown(
    installation: Installation,
) -> None:
    async with neighbour_of(installation) as other:
        ada = await installation.ingress.user("ada@acme.test")
        await installation.deliver()
        second = await other.ingress.user("countess", emails=[{"value": "ada@acme.test"}])
        await installation.deliver()
        person = await shown(other, second)
        assert (person.state, person.reason) == ("refused", "conflict")
        connection = installation.ingress.connection
        assert person.holder == AddressHolder(connection, ada, "ada@acme.test")
        assert [it.details["reason"] for it in person.timeline if it.event == "refused"] == [
            "conflict"
        ]
        assert (await shown(installation, ada)).holder is None


async def test_names_are_those_that_the_provider_sent_last(databases: Databases) -> None:
    rules = StoreRules(on_create=CreateEmployee())
    async with installation_on(databases, rules) as installation:
        ada = await installation.ingress.user("ada@acme.test")
        body = {"schemas": [USER], "userName": "zoe@acme.test", "active": False}
        await installation.ingress.send("PUT", f"/Users/{ada}", body)
        await installation.deliver()
        for text in ("ada@acme.test", "zoe@acme.test"):
            person = await shown(installation, text)
            assert (person.identity, person.user_name) == (ada, "zoe@acme.test")
