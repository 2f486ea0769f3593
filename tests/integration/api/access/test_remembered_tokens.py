"""Does a token that was used a moment ago end at once, whatever its next request asks for?"""

from typing import Any

import pytest

from tests.drivers.administration import expire, rotate
from tests.drivers.in_process import PATCH, USER, Ingress

LEAVE = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
ONE_LESS = {
    "schemas": [PATCH],
    "Operations": [{"op": "remove", "path": f'members[value eq "{"0" * 32}"]'}],
}
LOOK_UP = '/Users?filter=userName eq "{}"'
NOBODY = "0" * 32

REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/Users", {"schemas": [USER], "userName": "ben"}),
    ("POST", "/Users", {"schemas": [USER], "userName": "ada"}),
    ("POST", "/Users", {"schemas": [USER]}),
    ("PUT", "/Users/{user}", {"schemas": [USER], "userName": "ada lovelace"}),
    ("PATCH", "/Users/{user}", LEAVE),
    ("PATCH", "/Users/{user}", {"schemas": []}),
    ("PATCH", f"/Users/{NOBODY}", LEAVE),
    ("PATCH", "/Users/nobody", LEAVE),
    ("GET", "/Users/{user}", None),
    ("HEAD", "/Users/{user}", None),
    ("GET", f"/Users/{NOBODY}", None),
    ("GET", "/Users/nobody", None),
    ("GET", LOOK_UP.format("ada"), None),
    ("GET", LOOK_UP.format("ben"), None),
    ("GET", "/Users?count=1", None),
    ("GET", "/Groups", None),
    ("PATCH", f"/Groups/{NOBODY}", ONE_LESS),
    ("PATCH", f"/Groups/{NOBODY}", LEAVE),
    ("PATCH", "/Groups/nobody?attributes=id", ONE_LESS),
    ("GET", "/Nothing", None),
    ("DELETE", "/Users/{user}", None),
    ("DELETE", "/Users", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
async def test_a_token_ends_at_once_though_it_is_remembered(
    ingress: Ingress, method: str, path: str, body: Any
) -> None:
    user = await ingress.user("ada")
    await ingress.settle()
    assert (await ingress.send("GET", f"/Users/{user}")).status_code == 200
    new = await rotate(ingress.database, ingress.connection)
    rotated = await ingress.send(method, path.replace("{user}", user), body)
    ingress.http.headers["authorization"] = f"Bearer {new.token}"
    assert (await ingress.send("GET", f"/Users/{user}")).status_code == 200
    await expire(ingress.database, ingress.connection)
    expired = await ingress.send(method, path.replace("{user}", user), body)
    assert [rotated.status_code, expired.status_code] == [401, 401]
    assert await ingress.marked() == set()
    assert [it["id"] for it in await ingress.identities()] == [user]


async def test_a_remembered_token_opens_no_other_connection(ingress: Ingress) -> None:
    others = await ingress.neighbour()
    user, body = await others.user("ada"), {"schemas": [USER], "userName": "ben"}
    await ingress.user("ada")
    token = {"authorization": ingress.http.headers["authorization"]}
    answers = [
        await others.send("GET", f"/Users/{user}", **token),
        await others.send("POST", "/Users", body, **token),
        await others.send("PATCH", f"/Users/{user}", LEAVE, **token),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert len(await others.identities()) == 1


async def test_a_new_token_opens_the_connection_at_once(ingress: Ingress) -> None:
    await ingress.user("ada")
    credentials = await rotate(ingress.database, ingress.connection)
    ingress.http.headers["authorization"] = f"Bearer {credentials.token}"
    assert await ingress.user("ben")
