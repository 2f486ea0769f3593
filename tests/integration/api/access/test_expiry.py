"""When does a token that expires open its connection for the last time?"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from sqlalchemy import select

from api.access.opens import is_valid
from api.access.tokens import id_of
from api.admin.actors import COMMAND
from api.admin.tokens import TOKENS, TokenChoices, TokenState, create_token, list_tokens
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from tests.drivers.administration import administration_on
from tests.drivers.in_process import PATCH, USER, Ingress, ingress_on

END = now() + 3_600_000_000

ONE_LESS = {"op": "remove", "path": 'members[value eq "{user}"]'}
REQUESTS: Sequence[tuple[str, str, Any, int]] = [
    ("GET", "/Users/{user}", None, 200),
    ("GET", "/Users?count=1", None, 200),
    ("GET", "/ServiceProviderConfig", None, 200),
    ("POST", "/Users", {"schemas": [USER], "userName": "ben"}, 201),
    ("PUT", "/Users/{user}", {"schemas": [USER], "userName": "ada lovelace"}, 200),
    ("PATCH", "/Groups/{group}", {"schemas": [PATCH], "Operations": [ONE_LESS]}, 204),
    ("DELETE", "/Users/{user}", None, 204),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REQUESTS)
@pytest.mark.parametrize("remembered", [True, False], ids=["just used", "not used"])
async def test_a_token_opens_its_connection_until_the_moment_when_it_expires(
    directory: DirectoryDatabase,
    workspace: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    remembered: bool,
) -> None:
    times = [END - 1]
    async with _ingress_at(directory, workspace, times) as ingress:
        user = await ingress.user("ada")
        group = await ingress.group("Weavers", user)
        token = await _token_until_end(ingress)
        content = json.loads(json.dumps(body).replace("{user}", user))
        if remembered:
            assert (await ingress.send("GET", "/Users", authorization=token)).status_code == 200
        named = path.format(user=user, group=group)
        times.append(END)
        refused = await ingress.send(method, named, content, authorization=token)
        assert refused.status_code == 401
        times.append(END - 1)
        answered = await ingress.send(method, named, content, authorization=token)
        assert answered.status_code == status


async def test_a_write_is_refused_whose_token_expires_while_its_body_arrives(
    directory: DirectoryDatabase, workspace: str
) -> None:
    times = [END - 1]
    async with _ingress_at(directory, workspace, times) as ingress:
        user = await ingress.user("ada")

        async def body() -> AsyncIterator[bytes]:
            yield f'{{"schemas": ["{PATCH}"], "Operations": ['.encode()
            times.append(END)
            yield b'{"op": "replace", "path": "active", "value": false}]}'

        headers = {
            "Content-Type": "application/scim+json",
            "Authorization": await _token_until_end(ingress),
        }
        answer = await ingress.http.patch(f"/Users/{user}", content=body(), headers=headers)
        assert answer.status_code == 401
        assert (await ingress.identity(user))["active"]


@pytest.mark.parametrize("moment", [END - 1, END, END + 1], ids=["before", "then", "after"])
async def test_statements_and_lists_agree_on_what_has_expired(
    ingress: Ingress, moment: int
) -> None:
    await _token_until_end(ingress)
    it = administration_on(ingress.database, clock=lambda: moment)
    listed = await list_tokens(it, COMMAND, ingress.connection)
    live = {each.id for each in listed if each.state is TokenState.LIVE}
    async with ingress.database.read() as db:
        of_connection = TOKENS.c.connection_id == ingress.connection
        valid = select(TOKENS.c.digest).where(of_connection, is_valid(TOKENS))
        found = {id_of(digest) for digest in await db.scalars(valid, {"now": moment})}
    assert found == live
    assert (len(listed), len(live)) == (2, 2 if moment < END else 1)


def _ingress_at(
    directory: DirectoryDatabase, workspace: str, times: Sequence[int]
) -> AbstractAsyncContextManager[Ingress]:
    """Open a connection to an api for which it is the last of these times."""
    return ingress_on(directory, workspace=workspace, clock=lambda: times[-1])


async def _token_until_end(ingress: Ingress) -> str:
    """Make a token that expires at the end, and return the header that sends it."""
    it = administration_on(ingress.database)
    new = await create_token(it, COMMAND, ingress.connection, TokenChoices(expires_at=END))
    return f"Bearer {new.token}"
