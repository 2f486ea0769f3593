"""What if a database answers, and takes no writes? Requests get 503, and nobody is ready."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from api.directory.dialects import DirectoryDatabase
from api.directory.write_probe import try_writing
from contracts.health import Check, run_checks
from deploy.databases.engines import open_directory_engines
from deploy.databases.session_replacement import OPENED_AT
from deploy.databases.writability import READ_ONLY_PROBLEM, check_of_writes
from tests.drivers.in_process import Ingress, ingress_on
from tests.servers.read_only import demote, promote

POSTGRES = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
SQLITE = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)

LEAVE = {"op": "replace", "path": "active", "value": False}
WELCOME = LEAVE | {"value": True}


@pytest.fixture
async def directory(directory_url: str) -> AsyncIterator[DirectoryDatabase]:
    """Give a directory with sessions of every kind."""
    engines = open_directory_engines(directory_url, searches=2)
    yield DirectoryDatabase(*engines)
    for engine in engines:
        await engine.dispose()


@pytest.fixture
def readiness(directory: DirectoryDatabase) -> Check:
    return check_of_writes(
        "directory", directory.read, directory.writers, partial(try_writing, directory)
    )


@pytest.fixture
async def ingress(directory: DirectoryDatabase) -> AsyncIterator[Ingress]:
    async with ingress_on(directory) as ingress:
        yield ingress


async def problems(readiness: Check) -> tuple[str, ...]:
    return (await run_checks([readiness], seconds=30)).problems


async def session_of(directory: DirectoryDatabase, *, older_by: float = 0) -> int:
    """Return the number of the session that reads, and let it be older than it is."""
    async with directory.read() as db:
        raw = await db.get_raw_connection()
        raw.info[OPENED_AT] -= older_by
        return int((await db.execute(text("SELECT pg_backend_pid()"))).scalar_one())


@POSTGRES
async def test_a_failover_to_a_standby_and_back_is_a_503_for_as_long(
    ingress: Ingress, readiness: Check, directory_url: str
) -> None:
    user = await ingress.user("ada")
    assert await problems(readiness) == ()
    await demote(directory_url)
    for _ in range(3):
        answer = await ingress.patch(f"/Users/{user}", LEAVE)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert (await ingress.send("GET", f"/Users/{user}")).status_code == 200
    assert await problems(readiness) == (f"directory: {READ_ONLY_PROBLEM}",)
    await promote(directory_url)
    assert (await ingress.patch(f"/Users/{user}", LEAVE)).status_code == 200
    assert await problems(readiness) == ()


@POSTGRES
async def test_who_reads_learns_from_who_writes_that_the_server_was_demoted(
    ingress: Ingress, directory: DirectoryDatabase, directory_url: str
) -> None:
    user = await ingress.user("ada")
    await demote(directory_url)
    before = await session_of(directory)
    assert await session_of(directory) == before
    assert (await ingress.patch(f"/Users/{user}", LEAVE)).status_code == 503
    assert await session_of(directory) != before


@POSTGRES
async def test_a_session_of_a_standby_is_not_read_from_for_long(
    directory: DirectoryDatabase, directory_url: str
) -> None:
    primary = await session_of(directory, older_by=60)
    assert await session_of(directory) == primary
    await demote(directory_url)
    standby = await session_of(directory, older_by=60)
    assert await session_of(directory) != standby


@POSTGRES
async def test_a_server_that_was_never_written_to_is_seen_to_be_read_only(
    readiness: Check, directory_url: str
) -> None:
    await demote(directory_url)
    # The session that looks has ended with its server, and is replaced.
    assert await problems(readiness) == (f"directory: {READ_ONLY_PROBLEM}",)


@SQLITE
async def test_a_full_disk_is_a_503_and_whole_again_when_there_is_space(
    ingress: Ingress, readiness: Check, directory: DirectoryDatabase
) -> None:
    user = await ingress.user("ada")
    assert await problems(readiness) == ()
    await _set(directory, "max_page_count = 1")  # as many as there are, and none more
    assert await problems(readiness) == ()
    filled = 0
    while (answer := await ingress.send("POST", "/Users", {"userName": f"{filled}"})).is_success:
        filled += 1
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    for _ in range(2):
        assert await problems(readiness) == ("directory: it takes no writes (SQLITE_FULL)",)
    assert (await ingress.send("GET", f"/Users/{user}")).status_code == 200
    await _set(directory, "max_page_count = 1000000")
    assert await problems(readiness) == ()
    assert (await ingress.patch(f"/Users/{user}", LEAVE)).status_code == 200
    assert (await ingress.found("/Users", 'userName eq "0"')) != []


@SQLITE
async def test_a_disk_that_was_full_before_the_process_began_is_seen_at_the_first_look(
    readiness: Check, directory: DirectoryDatabase
) -> None:
    await _set(directory, "max_page_count = 1")
    assert await problems(readiness) == ("directory: it takes no writes (SQLITE_FULL)",)
    await _set(directory, "max_page_count = 1000000")
    assert await problems(readiness) == ()


@SQLITE
async def test_a_file_that_takes_no_writes_is_a_503(
    ingress: Ingress, readiness: Check, directory: DirectoryDatabase
) -> None:
    user = await ingress.user("ada")
    await _set(directory, "query_only = on")
    assert (await ingress.patch(f"/Users/{user}", LEAVE)).status_code == 503
    assert await problems(readiness) == ("directory: it takes no writes (SQLITE_READONLY)",)
    await _set(directory, "query_only = off")
    assert await problems(readiness) == ()
    assert (await ingress.patch(f"/Users/{user}", LEAVE)).status_code == 200


async def test_what_a_probe_writes_is_never_there(directory: DirectoryDatabase) -> None:
    await try_writing(directory)
    async with directory.read() as db:
        assert (await db.execute(text("SELECT count(*) FROM schedules"))).scalar_one() == 0


async def _set(directory: DirectoryDatabase, pragma: str) -> None:
    """Set something of the one connection that writes."""
    async with directory.writing.connect() as db:
        driver: Any = (await db.get_raw_connection()).driver_connection
        await driver.execute(f"PRAGMA {pragma}")
