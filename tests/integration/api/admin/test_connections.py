"""How is SCIM switched on, and what does a connection let in?"""

import pytest
from sqlalchemy import select

from api.admin.actors import COMMAND
from api.admin.connections import create_connection, list_connections, open_connection
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Token
from api.errors import UnknownPolicy, UnusableWorkspaceName
from contracts.rules import ChangePolicy, MdmRules, Rules
from tests.drivers.administration import Platform, administration_on
from tests.drivers.in_process import PUBLIC_URL, RULES, Ingress, ingress_on

NOW = 1_700_000_000_000_000
QUARANTINES = MdmRules(on_deactivate=ChangePolicy(policy="Quarantine"))


async def test_ids_are_made_of_workspace_and_portal(directory: DirectoryDatabase) -> None:
    names = ["Acme Ltd.", "acme-ltd", "Ünion"]
    ids = [(await create_connection(directory, name, RULES, NOW)).id for name in names]
    assert ids == ["acme-ltd-store", "acme-ltd-store-2", "union-store"]
    it = administration_on(directory)
    [listed] = await list_connections(it, COMMAND, "acme-ltd")
    assert (listed.id, listed.rules) == (ids[1], RULES)
    assert [each.id for each in await list_connections(it, COMMAND)] == sorted(ids)


async def test_a_name_without_letters_makes_no_id(directory: DirectoryDatabase) -> None:
    with pytest.raises(UnusableWorkspaceName):
        await create_connection(directory, "!?", RULES, NOW)
    assert await list_connections(administration_on(directory), COMMAND) == []


async def test_a_provider_is_told_base_url_and_token(directory: DirectoryDatabase) -> None:
    platform = Platform({("acme", "Quarantine")})
    it = administration_on(directory, platform=platform)
    told = await open_connection(it, COMMAND, "acme", QUARANTINES)
    assert (told.connection, told.base_url) == ("acme-mdm", f"{PUBLIC_URL}/scim/v2/acme-mdm")
    assert told.token.startswith("muster_")
    assert platform.workspaces == {"acme"}


@pytest.mark.parametrize(
    ("workspace", "rules", "error"),
    [("acme", QUARANTINES, UnknownPolicy), ("!?", RULES, UnusableWorkspaceName)],
)
async def test_nothing_is_made_for_a_connection_that_cannot_be(
    directory: DirectoryDatabase, workspace: str, rules: Rules, error: type[Exception]
) -> None:
    platform = Platform()
    it = administration_on(directory, platform=platform)
    with pytest.raises(error):
        await open_connection(it, COMMAND, workspace, rules)
    assert platform.workspaces == set()
    assert await list_connections(administration_on(directory), COMMAND) == []


async def test_only_the_digest_of_a_token_is_kept(directory: DirectoryDatabase) -> None:
    created = await create_connection(directory, "acme", RULES, NOW)
    assert created.token.startswith("muster_")
    async with directory.read() as db:
        [digest] = await db.scalars(select(Token.__table__.c.digest))  # type: ignore[attr-defined]
    assert len(digest) == 64
    assert digest not in created.token


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
