"""Do users that are written together concern each other? Only by sharing a commit."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from api.directory.tables import GroupRow, Identity, UserRow
from tests.drivers.in_process import USER, Ingress
from tests.readings.round_trips import round_trips_to

MANY = 12


def creation(name: str, **attributes: object) -> dict[str, object]:
    return {"schemas": [USER], "userName": name, **attributes}


async def test_users_that_come_at_once_share_their_statements(ingress: Ingress) -> None:
    async with round_trips_to(ingress.database) as sent:
        answers = await asyncio.gather(
            *(ingress.send("POST", "/Users", creation(f"person-{n}")) for n in range(MANY))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert 0 < len([it for it in sent if "INSERT INTO users (" in it]) < MANY
    assert len(await ingress.marked()) == MANY


async def test_one_who_cannot_be_stored_is_refused_and_the_others_are_stored(
    ingress: Ingress,
) -> None:
    await ingress.user("taken")
    bodies = [
        creation("taken"),
        creation("x" * 501),
        creation("Twice"),
        creation("twice"),
        creation("fine"),
    ]
    answers = await asyncio.gather(*(ingress.send("POST", "/Users", body) for body in bodies))
    statuses = [answer.status_code for answer in answers]
    assert statuses[:2] == [409, 400]
    assert Counter(statuses[2:4]) == {201: 1, 409: 1}
    assert statuses[4] == 201


async def test_one_who_takes_a_taken_name_is_refused_and_the_others_are_changed(
    ingress: Ingress,
) -> None:
    await ingress.user("taken")
    people = [await ingress.user(f"person-{n}") for n in range(MANY)]
    names = ["TAKEN", *(f"renamed-{n}" for n in range(1, MANY))]
    answers = await asyncio.gather(
        *(
            ingress.patch(f"/Users/{id_}", {"op": "replace", "value": {"userName": name}})
            for id_, name in zip(people, names, strict=True)
        )
    )
    assert [answer.status_code for answer in answers] == [409] + [200] * (MANY - 1)
    assert await ingress.found("/Users", 'userName eq "renamed-3"') == [people[3]]
    assert await ingress.found("/Users", 'userName eq "person-0"') == [people[0]]


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("table", [UserRow, Identity])
async def test_one_whose_row_is_locked_holds_up_nobody_else(
    ingress: Ingress, table: type[UserRow] | type[Identity]
) -> None:
    held, free = [await ingress.user(name) for name in ("held", "free")]
    deactivated = {"op": "replace", "value": {"active": False}}
    async with ingress.database.write() as db:
        await db.execute(select(table).where(col(table.id) == held).with_for_update())
        waiting = asyncio.ensure_future(ingress.patch(f"/Users/{held}", deactivated))
        answers = await asyncio.gather(
            ingress.patch(f"/Users/{free}", deactivated),
            ingress.send("POST", "/Users", creation("new")),
        )
        assert [answer.status_code for answer in answers] == [200, 201]
        assert not waiting.done()
    assert (await waiting).status_code == 200
    assert not (await ingress.identity(held))["active"]


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_one_who_wants_a_name_that_is_being_taken_holds_up_nobody_else(
    ingress: Ingress,
) -> None:
    id_ = await ingress.user("ada")
    renamed = update(UserRow).where(col(UserRow.id) == id_).values(user_name_key="grace")
    async with ingress.database.write() as db:
        await db.execute(renamed)
        waiting = asyncio.ensure_future(ingress.send("POST", "/Users", creation("Grace")))
        answers = await asyncio.gather(
            *(ingress.send("POST", "/Users", creation(f"person-{n}")) for n in range(MANY)),
        )
        assert {answer.status_code for answer in answers} == {201}
        assert not waiting.done()
    assert (await waiting).status_code == 409


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_many_whose_row_is_locked_leave_connections_to_the_others(ingress: Ingress) -> None:
    others = await ingress.neighbour()
    held, free = await ingress.user("held"), await others.user("free")
    deactivated = {"op": "replace", "value": {"active": False}}
    async with ingress.database.write() as db:
        await db.execute(select(UserRow).where(col(UserRow.id) == held).with_for_update())
        waiting = [
            asyncio.ensure_future(ingress.patch(f"/Users/{held}", deactivated)) for _ in range(64)
        ]
        for _ in range(3):  # each time, more of them have come to wait
            found = await others.send("GET", f"/Users/{free}")
            changed = await others.patch(f"/Users/{free}", deactivated)
            assert (found.status_code, changed.status_code) == (200, 200)
        assert not any(request.done() for request in waiting)
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_many_whose_group_is_locked_leave_connections_and_turns_to_the_others(
    ingress: Ingress,
) -> None:
    others = await ingress.neighbour()
    ada, held = await others.user("ada"), await ingress.group("Weavers")
    rename = {"op": "replace", "value": {"displayName": "Spinners"}}
    async with ingress.database.write() as db:
        await db.execute(select(GroupRow).where(col(GroupRow.id) == held).with_for_update())
        waiting = [
            asyncio.ensure_future(ingress.patch(f"/Groups/{held}", rename)) for _ in range(64)
        ]
        for number in range(3):  # each time, more of them have come to wait
            found = await others.send("GET", f"/Users/{ada}")
            new = await others.send("POST", "/Users", creation(f"person-{number}"))
            group = await others.group(f"Dyers {number}")
            left = await others.send("DELETE", f"/Groups/{group}")
            assert [it.status_code for it in (found, new, left)] == [200, 201, 204]
        assert not any(request.done() for request in waiting)
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {204}


async def test_somebody_who_hangs_up_takes_nothing_from_the_others(ingress: Ingress) -> None:
    requests = [
        asyncio.ensure_future(ingress.send("POST", "/Users", creation(f"person-{n}")))
        for n in range(MANY)
    ]
    await asyncio.sleep(0)
    requests[0].cancel()
    answers = await asyncio.gather(*requests[1:])
    assert {answer.status_code for answer in answers} == {201}


async def test_an_unknown_error_of_one_is_a_500_of_that_one_only(ingress: Ingress) -> None:
    broken, fine = [await ingress.user(name) for name in ("broken", "fine")]
    async with ingress.database.write() as db:
        spoilt = update(Identity).where(col(Identity.id) == broken).values(profile={})
        await db.execute(spoilt)
    change = {"op": "replace", "value": {"title": "Weaver"}}
    requests = [ingress.patch(f"/Users/{id_}", change) for id_ in (broken, fine)]
    answers = await asyncio.gather(*requests)
    assert [answer.status_code for answer in answers] == [500, 200]


async def test_a_patch_that_everybody_would_wait_for_is_refused(ingress: Ingress) -> None:
    emails = [{"value": f"ada+{n}@acme.test"} for n in range(900)]
    user = await ingress.user("ada", emails=emails)
    comparisons = [
        {"op": "replace", "path": f'emails[value eq "{it["value"]}"].type', "value": "work"}
        for it in emails
    ]
    refused = await ingress.patch(f"/Users/{user}", *comparisons)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert (await ingress.patch(f"/Users/{user}", *comparisons[:5])).status_code == 200
