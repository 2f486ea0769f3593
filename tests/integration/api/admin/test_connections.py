"""What do administrators change, and whom does it reach?"""

import pytest
from sqlalchemy import select

from api.admin.connections import (
    change_rules,
    create_connection,
    get_connection,
    list_connections,
    resync,
    rotate_token,
)
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Token
from api.errors import (
    RulesOfAnotherPortal,
    UnknownConnection,
    UnknownIdentity,
    UnusableWorkspaceName,
)
from contracts.rules import CreateMdmEmployee, MdmRules, StoreRules
from tests.drivers.in_process import RULES, Ingress, ingress_on

NOW = 1_700_000_000_000_000


async def test_ids_are_made_of_workspace_and_portal(database: DirectoryDatabase) -> None:
    names = ["Acme Ltd.", "acme-ltd", "Ünion"]
    ids = [(await create_connection(database, name, RULES, NOW)).id for name in names]
    assert ids == ["acme-ltd-store", "acme-ltd-store-2", "union-store"]
    assert [each.id for each in await list_connections(database, "acme-ltd")] == [ids[1]]
    assert (await get_connection(database, ids[0])).rules == RULES


async def test_a_name_without_letters_makes_no_id(database: DirectoryDatabase) -> None:
    with pytest.raises(UnusableWorkspaceName):
        await create_connection(database, "!?", RULES, NOW)
    assert await list_connections(database) == []


async def test_only_the_digest_of_a_token_is_kept(database: DirectoryDatabase) -> None:
    created = await create_connection(database, "acme", RULES, NOW)
    assert created.token.startswith("muster_")
    async with database.read() as db:
        [digest] = await db.scalars(select(Token.__table__.c.digest))  # type: ignore[attr-defined]
    assert len(digest) == 64
    assert digest not in created.token


async def test_a_new_token_ends_the_earlier_ones(ingress: Ingress) -> None:
    kept = await rotate_token(ingress.database, ingress.connection, NOW, keep_old=True)
    assert (await ingress.send("GET", "/Users")).status_code == 200
    assert await _status(ingress, kept) == 200
    newest = await rotate_token(ingress.database, ingress.connection, NOW)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert await _status(ingress, kept) == 401
    assert await _status(ingress, newest) == 200


async def test_a_token_opens_one_connection_only(ingress: Ingress) -> None:
    user = await ingress.user("ada")
    async with ingress_on(ingress.database) as other:
        assert (await other.send("GET", f"/Users/{user}")).status_code == 404
        assert await other.found("/Users", 'userName eq "ada"') == []
        assert await other.user("ada") != user
        group = await other.group("Weavers", user)
        assert await other.members(group) == []
        answer = await ingress.send("GET", str(other.http.base_url.join("Users")))
    assert answer.status_code == 401


async def test_an_unknown_connection_answers_like_a_wrong_token(ingress: Ingress) -> None:
    unknown = await ingress.send("GET", "https://muster.test/scim/v2/nobody-store/Users")
    wrong = await ingress.send("GET", "/Users", authorization="Bearer muster_wrong")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()
    assert unknown.headers["www-authenticate"] == wrong.headers["www-authenticate"]


async def test_changed_rules_reach_everybody(ingress: Ingress) -> None:
    users = {await ingress.user("ada"), await ingress.user("ben")}
    await ingress.settle()
    assert await change_rules(ingress.database, ingress.connection, StoreRules(), NOW) == 2
    assert await ingress.marked() == users
    assert (await get_connection(ingress.database, ingress.connection)).rules == StoreRules()


async def test_rules_of_another_portal_are_refused(ingress: Ingress) -> None:
    rules = MdmRules(on_create=CreateMdmEmployee())
    with pytest.raises(RulesOfAnotherPortal, match="store"):
        await change_rules(ingress.database, ingress.connection, rules, NOW)


async def test_a_resync_marks_one_or_all(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    assert await resync(ingress.database, ingress.connection, NOW, identity=ada) == 1
    assert await ingress.marked() == {ada}
    assert await resync(ingress.database, ingress.connection, NOW) == 2
    assert await ingress.marked() == {ada, ben}


async def test_what_is_unknown_is_named(ingress: Ingress) -> None:
    with pytest.raises(UnknownIdentity, match="'nobody'"):
        await resync(ingress.database, ingress.connection, NOW, identity="nobody")
    for change in (
        resync(ingress.database, "none", NOW),
        rotate_token(ingress.database, "none", NOW),
        change_rules(ingress.database, "none", RULES, NOW),
    ):
        with pytest.raises(UnknownConnection, match="'none'"):
            await change


async def _status(ingress: Ingress, token: str) -> int:
    answer = await ingress.send("GET", "/Users", authorization=f"Bearer {token}")
    return answer.status_code
