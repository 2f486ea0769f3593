"""Does a SIGKILL at any moment lose anything that was acknowledged?"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.drivers.forked_muster import ForkedInstallation
from tests.drivers.muster_process import MusterProcess
from tests.servers.ports import free_port

SEED = 20261123
AT_A_TIME, KILLS = 14, 5
ACKNOWLEDGED_BETWEEN_KILLS = (5, 60)
SETTLE_SECONDS = 60


class Okta:
    """Pushes the lives of people, and repeats what was not acknowledged."""

    def __init__(self, base_url: str, token: str) -> None:
        self.http = httpx2.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )
        self.serving = asyncio.Event()
        self.acknowledged = asyncio.Condition()
        self.count = 0

    async def push(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request until it is answered, and not only told to wait."""
        while True:
            await self.serving.wait()
            try:
                answer = await self.http.request(method, path, json=body)
            except httpx2.TransportError:
                await asyncio.sleep(0.01)  # killed meanwhile, or about to be started
                continue
            if answer.status_code == httpx2.codes.TOO_MANY_REQUESTS:
                await asyncio.sleep(float(answer.headers["Retry-After"]))
                continue
            async with self.acknowledged:
                self.count += 1
                self.acknowledged.notify_all()
            return answer

    async def until(self, count: int) -> None:
        """Wait until so many requests have been acknowledged."""
        async with self.acknowledged:
            await self.acknowledged.wait_for(lambda: self.count >= count)

    async def live(self, number: int) -> str | None:
        """Let one person join, move, leave, and come back if odd; return the e-mail that stays."""
        user = _user(number, "joiner")
        answer = await self.push("POST", "/Users", user)
        if answer.status_code == 409:  # an unacknowledged push had got through
            found = await self.push("GET", f'/Users?filter=userName eq "{user["userName"]}"')
            identity = found.json()["Resources"][0]["id"]
        else:
            assert answer.status_code == 201, answer.text
            identity = answer.json()["id"]
        path = f"/Users/{identity}"
        assert (await self.push("PUT", path, _user(number, "mover"))).status_code == 200
        assert (await self.push("PATCH", path, _set_active(active=False))).status_code == 200
        if number % 2:
            assert (await self.push("PATCH", path, _set_active(active=True))).status_code == 200
            return f"mover-{number}@example.com"
        return None


def _user(number: int, stage: str) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"person-{number}",
        "emails": [{"value": f"{stage}-{number}@example.com", "primary": True}],
        "active": True,
    }


def _set_active(*, active: bool) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "value": {"active": active}}],
    }


@pytest.fixture
async def muster(tmp_path: Path) -> AsyncIterator[MusterProcess]:
    process = ForkedInstallation(tmp_path, free_port())
    yield process
    if process.process is not None and process.process.returncode is None:
        await process.kill()


@pytest.mark.slow
async def test_everything_acknowledged_is_downstream_after_kills_at_random_moments(
    muster: MusterProcess,
) -> None:
    moments = random.Random(SEED)  # noqa: S311  # moments, not secrets
    opened = muster.command(
        "connections", "create", "acme", "mdm",
        "--on-create", "create-mdm-employee", "--on-deactivate", "remove-user",
        "--brake", "off",
    )  # fmt: skip
    okta = Okta(opened["base_url"], opened["token"])
    await muster.start()
    okta.serving.set()
    killing = True
    people = itertools.takewhile(lambda _: killing, itertools.count())

    async def push() -> list[str | None]:
        return [await okta.live(number) for number in people]

    async with okta.http, asyncio.TaskGroup() as tasks:
        pushes = [tasks.create_task(push()) for _ in range(AT_A_TIME)]
        for _ in range(KILLS):
            await okta.until(okta.count + moments.randint(*ACKNOWLEDGED_BETWEEN_KILLS))
            okta.serving.clear()
            await muster.kill()
            await muster.start()
            okta.serving.set()
        killing = False
    lives = [email for push in pushes for email in push.result()]
    await muster.kill()
    await muster.start()
    await _until_nothing_is_pending(muster)

    accounts = muster.command("accounts", "list", "acme")
    assert len(accounts) == len(lives)
    assert sorted(each["email"] for each in accounts if not each["removed"]) == sorted(
        filter(None, lives)
    )
    assert await muster.stop() == 0


async def _until_nothing_is_pending(muster: MusterProcess) -> None:
    async with asyncio.timeout(SETTLE_SECONDS):
        while (status := await asyncio.to_thread(muster.command, "status"))["pending"]:
            await asyncio.sleep(0.1)
    assert status["refused"] == status["failed"] == []
