"""Which tokens open a connection once it has a new one?"""

import pytest

from api.admin.tokens import rotate_token
from api.errors import UnknownConnection
from tests.drivers.in_process import PUBLIC_URL, Ingress

NOW = 1_700_000_000_000_000


async def test_a_new_token_ends_the_earlier_ones(ingress: Ingress) -> None:
    rotating = ingress.database, PUBLIC_URL, ingress.connection, NOW
    kept = await rotate_token(*rotating, keep_old=True)
    assert (await ingress.send("GET", "/Users")).status_code == 200
    assert await _status(ingress, kept.token) == 200
    newest = await rotate_token(*rotating)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert await _status(ingress, kept.token) == 401
    assert await _status(ingress, newest.token) == 200


async def test_a_new_token_is_told_with_the_base_url_that_it_opens(ingress: Ingress) -> None:
    told = await rotate_token(ingress.database, PUBLIC_URL, ingress.connection, NOW)
    assert told.connection == ingress.connection
    assert f"{told.base_url}/" == str(ingress.http.base_url)


async def test_an_unknown_connection_is_named(ingress: Ingress) -> None:
    with pytest.raises(UnknownConnection, match="'none'"):
        await rotate_token(ingress.database, PUBLIC_URL, "none", NOW)


async def _status(ingress: Ingress, token: str) -> int:
    answer = await ingress.send("GET", "/Users", authorization=f"Bearer {token}")
    return answer.status_code
