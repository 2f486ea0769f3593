"""What does a running process do whose database file is deleted or replaced under it?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from tests.drivers.forked_muster import ForkedInstallation
from tests.drivers.in_process import USER
from tests.drivers.muster_process import MusterProcess
from tests.servers.ports import free_port

HANGS_AFTER_SECONDS = 60


@pytest.fixture
async def muster(tmp_path: Path) -> AsyncIterator[MusterProcess]:
    """Give a running process with a connection."""
    process = ForkedInstallation(tmp_path, free_port())
    await process.start()
    yield process
    if process.process is not None and process.process.returncode is None:
        await process.kill()


@pytest.fixture
async def http(muster: MusterProcess) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a provider, whose users become employees."""
    created = muster.command(
        "connections", "create", "acme", "store", "--on-create", "create-employee"
    )
    async with httpx2.AsyncClient(
        base_url=created["base_url"],
        headers={"Authorization": f"Bearer {created['token']}"},
        timeout=HANGS_AFTER_SECONDS,
    ) as http:
        yield http


async def push(http: httpx2.AsyncClient, user_name: str) -> httpx2.Response:
    return await http.post("/Users", json={"schemas": [USER], "userName": user_name})


async def problems(muster: MusterProcess, http: httpx2.AsyncClient) -> list[str]:
    """Return what the process says is amiss."""
    answer = await http.get(f"http://127.0.0.1:{muster.port}/readyz")
    found: list[str] = answer.json()["problems"]
    assert (answer.status_code == 503) is bool(found)
    return found


async def until(happened: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(HANGS_AFTER_SECONDS):
        while not happened():
            await asyncio.sleep(0.1)


def employees(muster: MusterProcess) -> list[str]:
    """Return the e-mails of the accounts that there are."""
    return sorted(it["email"] for it in muster.command("accounts", "list", "acme"))


def delete(file: Path) -> None:
    file.unlink()


def replace_by_nothing(file: Path) -> None:
    file.with_name("new").touch()
    file.with_name("new").replace(file)


@pytest.mark.slow
@pytest.mark.parametrize("lose", [delete, replace_by_nothing])
async def test_without_the_file_of_the_directory_nothing_is_taken_or_made_until_it_is_back(
    muster: MusterProcess, http: httpx2.AsyncClient, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    file, kept = tmp_path / "directory.sqlite3", tmp_path / "kept"
    assert (await push(http, "ada@example.com")).status_code == 201
    # A lease that is committed in the moment of the loss would keep her mark for a minute.
    await until(lambda: employees(muster) == ["ada@example.com"])
    kept.hardlink_to(file)
    lose(file)
    size = file.stat().st_size if file.exists() else None
    for _ in range(3):
        for answer in (await push(http, "ben@example.com"), await http.get("/Users")):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    (problem,) = await problems(muster, http)
    assert problem.startswith("directory database: its file is gone")
    assert "put back" in problem
    assert (file.stat().st_size if file.exists() else None) == size

    kept.replace(file)
    assert await problems(muster, http) == []
    assert (await push(http, "ben@example.com")).status_code == 201
    assert (await http.get("/Users")).json()["totalResults"] == 2
    await until(lambda: employees(muster) == ["ada@example.com", "ben@example.com"])
    assert await muster.stop() == 0


@pytest.mark.slow
async def test_without_the_file_of_downstream_the_worker_waits_until_it_is_back(
    muster: MusterProcess, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    file, kept = tmp_path / "downstream.sqlite3", tmp_path / "kept"
    assert (await push(http, "ada@example.com")).status_code == 201
    await until(lambda: employees(muster) == ["ada@example.com"])
    file.rename(kept)
    assert (await push(http, "ben@example.com")).status_code == 201
    (problem,) = await problems(muster, http)
    assert problem.startswith("downstream database: its file is gone")
    await until(lambda: "consuming_paused" in muster.printed())
    assert not file.exists()

    kept.rename(file)
    await until(lambda: employees(muster) == ["ada@example.com", "ben@example.com"])
    assert await problems(muster, http) == []
    assert muster.command("failures", "list") == []
    assert await muster.stop() == 0


@pytest.mark.slow
async def test_a_restart_takes_the_file_that_lies_there(
    muster: MusterProcess, http: httpx2.AsyncClient, tmp_path: Path
) -> None:
    file, copy = tmp_path / "directory.sqlite3", tmp_path / "copy"
    assert (await push(http, "ada@example.com")).status_code == 201
    await until(lambda: employees(muster) == ["ada@example.com"])
    assert await muster.stop() == 0
    copy.write_bytes(file.read_bytes())
    await muster.start()
    assert (await push(http, "ben@example.com")).status_code == 201
    copy.replace(file)
    assert (await http.get("/Users")).status_code == 503
    await muster.stop()
    for companion in ("-wal", "-shm"):
        Path(f"{file}{companion}").unlink()
    await muster.start()
    assert (await http.get("/Users")).json()["totalResults"] == 1
    assert await muster.stop() == 0
