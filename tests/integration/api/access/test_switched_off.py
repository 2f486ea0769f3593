"""What does the provider of a connection hear that is switched off? 403, if its token is valid."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from sqlmodel import col

from api.directory.connection_states import Verb
from api.directory.tables import Connection
from tests.drivers.administration import expire, rotate, stand
from tests.drivers.in_process import GROUP, PATCH, USER, Ingress
from tests.identity_providers.answers import error_of
from tests.readings.statements import asked_of

REQUESTS = [
    ("GET", "/Users", None),
    ("GET", "/Users?startIndex=1&count=2", None),
    ("GET", '/Users?filter=userName eq "ada"', None),
    ("GET", "/Users/{user}", None),
    ("GET", "/Groups/{group}?excludedAttributes=members", None),
    ("GET", "/ServiceProviderConfig", None),
    ("POST", "/Users", {"schemas": [USER], "userName": "ben"}),
    ("PATCH", "/Users/{user}", {"op": "replace", "path": "active", "value": False}),
    ("PUT", "/Users/{user}", {"schemas": [USER], "userName": "ada lovelace"}),
    ("DELETE", "/Users/{user}", None),
    ("POST", "/Groups", {"schemas": [GROUP], "displayName": "Spinners"}),
    ("PATCH", "/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": "{user}"}]}),
    ("PATCH", "/Groups/{group}", {"op": "remove", "path": 'members[value eq "{user}"]'}),
]


def filled(body: Any, user: str) -> Any:
    return json.loads(json.dumps(body).replace("{user}", user))


async def sent(ingress: Ingress, method: str, path: str, body: object) -> httpx2.Response:
    content = {"schemas": [PATCH], "Operations": [body]} if method == "PATCH" else body
    return await ingress.send(method, path, content)


@pytest.mark.parametrize("hot", [True, False], ids=["just used", "not used"])
async def test_every_request_is_answered_403_and_changes_nothing(
    ingress: Ingress, hot: bool
) -> None:
    user = await ingress.user("ada")
    group = await ingress.group("Weavers", user)
    await ingress.settle()
    if hot:
        assert (await ingress.send("GET", f"/Users/{user}")).status_code == 200
    await stand(ingress.database, ingress.connection, Verb.OFF)
    for method, path, body in REQUESTS:
        named = path.format(user=user, group=group)
        detail = error_of(await sent(ingress, method, named, filled(body, user)), 403)
        assert detail == "This connection is switched off: an administrator has to switch it on"
    await stand(ingress.database, ingress.connection, Verb.ON)
    assert await ingress.marked() == set()
    assert await ingress.found("/Users", "userName pr") == [user]
    assert await ingress.members(group) == [user]


async def test_a_write_that_is_under_way_is_decided_when_it_commits(ingress: Ingress) -> None:
    user = await ingress.user("ada")

    async def body() -> AsyncIterator[bytes]:
        yield b'{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": ['
        await stand(ingress.database, ingress.connection, Verb.OFF)
        yield b'{"op": "replace", "path": "active", "value": false}]}'

    headers = {"Content-Type": "application/scim+json"}
    answer = await ingress.http.patch(f"/Users/{user}", content=body(), headers=headers)
    error_of(answer, 403)
    assert (await ingress.identity(user))["active"]


@pytest.mark.parametrize("token", ["wrong", "revoked", "expired", "of another connection", "none"])
async def test_only_a_valid_token_learns_that_a_connection_is_off(
    ingress: Ingress, token: str
) -> None:
    given = {"wrong": "Bearer muster_wrong", "none": ""}.get(token)
    if token in {"revoked", "expired"}:
        given = str(ingress.http.headers["Authorization"])
        end = rotate if token == "revoked" else expire
        await end(ingress.database, ingress.connection)
    elif token == "of another connection":
        given = str((await ingress.neighbour()).http.headers["Authorization"])
    await stand(ingress.database, ingress.connection, Verb.OFF)
    error_of(await ingress.send("GET", "/Users", authorization=given or ""), 401)


async def test_a_refused_request_looks_for_the_reason_once(ingress: Ingress) -> None:
    await stand(ingress.database, ingress.connection, Verb.OFF)
    for authorization in (str(ingress.http.headers["Authorization"]), "Bearer muster_wrong"):
        with asked_of(ingress.database) as asked:
            await ingress.send("GET", "/Users", authorization=authorization)
        assert len(asked.statements) == 2, "the token, and the connection"


async def test_other_connections_are_served_meanwhile(ingress: Ingress) -> None:
    neighbour = await ingress.neighbour()
    await stand(ingress.database, ingress.connection, Verb.OFF)
    refused, answered = await asyncio.gather(
        ingress.send("GET", "/Users"), neighbour.send("GET", "/Users")
    )
    assert (refused.status_code, answered.status_code) == (403, 200)


async def test_a_connection_that_is_being_deleted_serves_its_provider_no_more(
    ingress: Ingress,
) -> None:
    async with ingress.database.write() as db:
        of_connection = col(Connection.id) == ingress.connection
        await db.execute(update(Connection).where(of_connection).values(state="closing"))
    error_of(await ingress.send("GET", "/Users"), 403)


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.OBSERVE])
async def test_the_provider_of_a_paused_connection_is_answered_as_ever(
    ingress: Ingress, verb: Verb
) -> None:
    await stand(ingress.database, ingress.connection, verb)
    user = await ingress.user("ada")
    leaving = {"op": "replace", "path": "active", "value": False}
    answer = await ingress.patch(f"/Users/{user}", leaving)
    assert answer.json()["active"] is False
    assert await ingress.marked() == {user}
