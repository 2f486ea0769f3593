"""Which tokens open a connection, and how are they listed, made, replaced and ended?"""

import asyncio

import pytest
from sqlalchemy import insert

from api.admin.actors import COMMAND, Actor, Power
from api.admin.list_audit import list_changes
from api.admin.tokens import (
    LONGEST_NAME,
    TOKENS,
    NewToken,
    TokenChoices,
    TokenState,
    create_token,
    list_tokens,
    revoke_token,
    rotate_token,
)
from api.errors import (
    ExpiresTooEarly,
    NotAllowed,
    TooManyTokens,
    UnknownConnection,
    UnknownToken,
    UnusableTokenName,
)
from tests.drivers.administration import administration_on, rotate
from tests.drivers.in_process import Ingress

NOW = 1_700_000_000_000_000
OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)


async def test_a_rotation_ends_every_earlier_token(ingress: Ingress) -> None:
    rotating = administration_on(ingress.database), COMMAND, ingress.connection
    kept = await rotate_token(*rotating, keep_old=True)
    assert (await ingress.send("GET", "/Users")).status_code == 200
    assert await _status(ingress, kept) == 200
    newest = await rotate_token(*rotating)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert await _status(ingress, kept) == 401
    assert await _status(ingress, newest) == 200


async def test_a_rotation_that_keeps_the_old_token_keeps_the_newest_alone(ingress: Ingress) -> None:
    rotating = administration_on(ingress.database), COMMAND, ingress.connection
    older = await rotate_token(*rotating, keep_old=True)
    newest = await rotate_token(*rotating, keep_old=True)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert [await _status(ingress, each) for each in (older, newest)] == [200, 200]


async def test_an_expired_token_is_not_the_old_one_that_is_kept(ingress: Ingress) -> None:
    connection = ingress.connection
    at_first = administration_on(ingress.database, clock=lambda: NOW)
    brief = await create_token(at_first, COMMAND, connection, TokenChoices(expires_at=NOW + 1))
    later = administration_on(ingress.database, clock=lambda: NOW + 1)
    new = await rotate_token(later, COMMAND, connection, keep_old=True)
    assert (await ingress.send("GET", "/Users")).status_code == 200
    every = await list_tokens(later, COMMAND, connection, revoked=True)
    assert {each.id: each.state for each in every}[brief.id] is TokenState.REVOKED
    assert {each.id: each.state for each in every}[new.id] is TokenState.LIVE


async def test_a_new_token_is_told_with_the_base_url_that_it_opens(ingress: Ingress) -> None:
    told = await rotate(ingress.database, ingress.connection)
    assert told.connection == ingress.connection
    assert f"{told.base_url}/" == str(ingress.http.base_url)


async def test_one_more_token_leaves_the_first_one_alive_and_a_third_is_refused(
    ingress: Ingress,
) -> None:
    creating = administration_on(ingress.database), OWNER, ingress.connection
    second = await create_token(*creating)
    assert (await ingress.send("GET", "/Users")).status_code == 200
    assert await _status(ingress, second) == 200
    with pytest.raises(TooManyTokens, match=r"2 live tokens, .*: revoke one$"):
        await create_token(*creating)
    await revoke_token(*creating, second.id)
    third = await create_token(*creating)
    assert [await _status(ingress, each) for each in (second, third)] == [401, 200]


async def test_two_who_make_the_second_token_at_once_do_not_both_succeed(ingress: Ingress) -> None:
    creating = administration_on(ingress.database), OWNER, ingress.connection
    made = await asyncio.gather(*(create_token(*creating) for _ in "ab"), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == ["NewToken", "TooManyTokens"]


async def test_a_token_that_has_expired_makes_room_for_another(ingress: Ingress) -> None:
    at_first = administration_on(ingress.database, clock=lambda: NOW)
    later = administration_on(ingress.database, clock=lambda: NOW + 1)
    brief = TokenChoices(expires_at=NOW + 1)
    await create_token(at_first, OWNER, ingress.connection, brief)
    with pytest.raises(TooManyTokens):
        await create_token(at_first, OWNER, ingress.connection)
    await create_token(later, OWNER, ingress.connection)
    listed = await list_tokens(later, VIEWER, ingress.connection)
    states = [each.state for each in listed]
    assert sorted(states) == [TokenState.EXPIRED, TokenState.LIVE, TokenState.LIVE]


async def test_tokens_are_listed_with_what_was_chosen_and_never_themselves(
    ingress: Ingress,
) -> None:
    it = administration_on(ingress.database, clock=lambda: NOW)
    chosen = TokenChoices("okta 2027", NOW + 5)
    new = await create_token(it, OWNER, ingress.connection, chosen)
    listed = await list_tokens(it, VIEWER, ingress.connection)
    assert [each.created_by for each in listed] == ["command", "admin:1"], "the newest first"
    ours = listed[1]
    assert (ours.id, ours.name, ours.expires_at) == (new.id, "okta 2027", NOW + 5)
    assert (ours.created_at, ours.revoked_at) == (NOW, None)
    assert new.token not in str(listed)
    assert len(new.id) == 12


async def test_one_token_is_revoked_and_the_other_still_opens(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    second = await create_token(it, OWNER, ingress.connection)
    [first] = [
        each for each in await list_tokens(it, OWNER, ingress.connection) if each.id != second.id
    ]
    ended = await revoke_token(it, OWNER, ingress.connection, first.id)
    assert (ended.id, ended.state) == (first.id, TokenState.REVOKED)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert await _status(ingress, second) == 200
    [listed] = await list_tokens(it, OWNER, ingress.connection)
    assert listed.id == second.id
    assert len(await list_tokens(it, OWNER, ingress.connection, revoked=True)) == 2


async def test_changes_of_tokens_are_audited_by_their_ids(ingress: Ingress) -> None:
    it, connection = administration_on(ingress.database, clock=lambda: NOW), ingress.connection
    [first] = await list_tokens(it, OWNER, connection)
    second = await create_token(it, OWNER, connection, TokenChoices("next"))
    for _ in range(2):
        await revoke_token(it, OWNER, connection, first.id)
    third = await rotate_token(it, OWNER, connection, keep_old=True)
    rotated, revoked, created, _made = await list_changes(it, OWNER, connection=connection)
    assert (created.action, created.subject) == ("tokens.create", second.id)
    assert created.after == {"name": "next", "expires_at": None}
    assert (revoked.action, revoked.subject) == ("tokens.revoke", first.id)
    assert (revoked.before, revoked.after) == ({"state": "live"}, {"state": "revoked"})
    assert (rotated.action, rotated.subject) == ("tokens.rotate", third.id)
    assert rotated.before == {"tokens": [second.id]}
    assert rotated.after == {"tokens": [third.id, second.id], "name": None, "expires_at": None}


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * (LONGEST_NAME + 1)])
async def test_a_name_that_cannot_be_shown_makes_no_token(ingress: Ingress, name: str) -> None:
    it = administration_on(ingress.database)
    for use_case in (create_token, rotate_token):
        with pytest.raises(UnusableTokenName, match="1 to 100 visible characters"):
            await use_case(it, OWNER, ingress.connection, TokenChoices(name))
    assert (await ingress.send("GET", "/Users")).status_code == 200


async def test_a_token_that_would_have_expired_already_is_not_made(ingress: Ingress) -> None:
    it = administration_on(ingress.database, clock=lambda: NOW)
    for use_case in (create_token, rotate_token):
        with pytest.raises(ExpiresTooEarly, match="a time to come"):
            await use_case(it, OWNER, ingress.connection, TokenChoices(expires_at=NOW))
    assert len(await list_tokens(it, OWNER, ingress.connection)) == 1


async def test_an_unknown_id_ends_no_token_and_is_not_quoted(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_token(it, OWNER, ingress.connection)
    others = await rotate(ingress.database, (await ingress.neighbour()).connection)
    for id_ in (new.token, others.id, new.id[:11], "", "%"):
        with pytest.raises(UnknownToken) as refused:
            await revoke_token(it, OWNER, ingress.connection, id_)
        assert new.token not in str(refused.value)
    assert len(await list_tokens(it, OWNER, ingress.connection)) == 2


async def test_an_id_of_two_tokens_ends_neither(ingress: Ingress) -> None:
    it, connection = administration_on(ingress.database), ingress.connection
    async with ingress.database.write() as db:
        for digest in ("a" * 64, "a" * 63 + "b"):
            row = {"digest": digest, "connection_id": connection, "created_at": NOW}
            await db.execute(insert(TOKENS).values(row))
    with pytest.raises(UnknownToken):
        await revoke_token(it, OWNER, connection, "a" * 12)
    assert len(await list_tokens(it, OWNER, connection)) == 3


async def test_tokens_of_another_workspace_are_out_of_reach_and_viewers_change_none(
    ingress: Ingress,
) -> None:
    it, connection = administration_on(ingress.database), ingress.connection
    [first] = await list_tokens(it, VIEWER, connection)
    with pytest.raises(UnknownConnection):
        await list_tokens(it, STRANGER, connection)
    for actor, error in ((STRANGER, UnknownConnection), (VIEWER, NotAllowed)):
        for use_case in (
            create_token(it, actor, connection),
            rotate_token(it, actor, connection),
            revoke_token(it, actor, connection, first.id),
        ):
            with pytest.raises(error):
                await use_case
    assert await list_tokens(it, VIEWER, connection) == [first]


async def test_an_unknown_connection_is_named(ingress: Ingress) -> None:
    with pytest.raises(UnknownConnection, match="'none'"):
        await rotate(ingress.database, "none")


async def _status(ingress: Ingress, new: NewToken) -> int:
    answer = await ingress.send("GET", "/Users", authorization=f"Bearer {new.token}")
    return answer.status_code
