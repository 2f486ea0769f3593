"""Which tokens open a connection once it has a new one?"""

import pytest

from api.admin.actors import COMMAND
from api.admin.tokens import rotate_token
from api.errors import UnknownConnection
from tests.drivers.administration import administration_on, rotate
from tests.drivers.in_process import Ingress


async def test_a_new_token_ends_the_earlier_ones(ingress: Ingress) -> None:
    rotating = administration_on(ingress.database), COMMAND, ingress.connection
    kept = await rotate_token(*rotating, keep_old=True)
    assert (await ingress.send("GET", "/Users")).status_code == 200
    assert await _status(ingress, kept.token) == 200
    newest = await rotate_token(*rotating)
    assert (await ingress.send("GET", "/Users")).status_code == 401
    assert await _status(ingress, kept.token) == 401
    assert await _status(ingress, newest.token) == 200


async def test_a_new_token_is_told_with_the_base_url_that_it_opens(ingress: Ingress) -> None:
    told = await rotate(ingress.database, ingress.connection)
    assert told.connection == ingress.connection
    assert f"{told.base_url}/" == str(ingress.http.base_url)


async def test_an_unknown_connection_is_named(ingress: Ingress) -> None:
    with pytest.raises(UnknownConnection, match="'none'"):
        await rotate(ingress.database, "none")


async def _status(ingress: Ingress, token: str) -> int:
    answer = await ingress.send("GET", "/Users", authorization=f"Bearer {token}")
    return answer.status_code
