"""Does ``muster admin`` serve administrators by itself, on what other processes have written?"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.drivers.forked_muster import forked_part, run_forked
from tests.drivers.muster_process import START_SECONDS
from tests.servers.migrated import NewDatabase
from tests.servers.ports import free_port
from tests.servers.services import environment_with

TOKEN = "operator-" + "o" * 32


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_what_a_command_has_made_is_there_over_http(
    new_database_url: NewDatabase, tmp_path: Path
) -> None:
    port = free_port()
    environment = environment_with(
        MUSTER_DIRECTORY_DATABASE_URL=new_database_url(),
        MUSTER_DOWNSTREAM_DATABASE_URL=new_database_url(),
        MUSTER_ADMIN_PORT=str(port),
        MUSTER_ADMIN_TOKEN=TOKEN,
        MUSTER_METRICS_PORT="0",
        MUSTER_LOG_LEVEL="warning",
    )
    for arguments in (("migrate",), ("connections", "create", "acme", "store")):
        done = run_forked(*arguments, environment=environment)
        assert done.returncode == 0, done.stderr
    output = tmp_path / "output.txt"
    async with (
        _running(environment, output),
        asyncio.timeout(START_SECONDS),
        httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}
        ) as http,
    ):
        answer = await _first_answer(http, "/admin/v1/connections/acme-store")
        assert (answer.status_code, answer.json()["state"]) == (200, "live")
        assert (await http.get("/readyz")).json()["status"] == "ready"
        assert (await http.get("/scim/v2/acme-store/Users")).status_code == 404
        assert (await http.get("/console/sign-in")).status_code == 200
    assert f"Console on http://127.0.0.1:{port}/console/" in output.read_text()


@asynccontextmanager
async def _running(environment: dict[str, str], output: Path) -> AsyncIterator[None]:
    with output.open("wb") as printed:
        async with forked_part("admin", environment, printed):
            yield


async def _first_answer(http: httpx2.AsyncClient, path: str) -> httpx2.Response:
    while True:
        try:
            return await http.get(path)
        except httpx2.TransportError:
            await asyncio.sleep(0.05)  # not listening yet


def test_on_sqlite_it_is_refused_in_one_line() -> None:
    done = run_forked("admin", environment=environment_with(MUSTER_ADMIN_TOKEN=TOKEN))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "several processes need PostgreSQL" in line


def test_a_token_that_is_too_short_is_refused_without_being_shown() -> None:
    done = run_forked("admin", environment=environment_with(MUSTER_ADMIN_TOKEN="secret"))
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line[:8]) == (2, "muster: ")
    assert "MUSTER_ADMIN_TOKEN" in line
    assert "secret" not in line
