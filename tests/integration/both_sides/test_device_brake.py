"""What becomes of people whose devices would go with them, all at once? Some leave, others wait."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from api.admin.actors import COMMAND
from api.admin.brakes import change_brake
from api.admin.held import approve_held, list_held, reject_held
from api.directory.brake_limits import Effect
from contracts.rules import CreateMdmEmployee, MdmRules, RemoveUserAndDevices
from deploy.databases.open_databases import Databases
from tests.drivers.administration import administration_on
from tests.drivers.both_sides import Installation, installation_on

LEAVE = {"op": "replace", "path": "active", "value": False}
RULES = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=RemoveUserAndDevices())
DEVICES = {"ada": 2, "ben": 2, "eve": 0, "joe": 1}
"""Three devices may go: ben's do not fit any more, and then joe's do not, though it is one."""


@dataclass(slots=True)
class Holders:
    """People with devices, of whom three may leave within an hour, with three devices in all."""

    installation: Installation
    ids: dict[str, str]

    @property
    def connection(self) -> str:
        return self.installation.ingress.connection

    async def leave(self, *names: str) -> None:
        for name in names:
            answer = await self.installation.ingress.patch(f"/Users/{self.ids[name]}", LEAVE)
            assert answer.status_code == 200

    async def there(self) -> set[str]:
        emails = {it.email for it in await self.installation.accounts() if not it.removed}
        return {str(email).partition("@")[0] for email in emails}

    async def devices(self) -> int:
        listed = self.installation.inventory.devices.of_workspace("Acme")
        return len([it async for it in listed if not it.removed])

    async def held(self) -> dict[str, Effect]:
        names = {id_: name for name, id_ in self.ids.items()}
        it = administration_on(self.installation.ingress.database)
        found = await list_held(it, COMMAND, self.connection)
        return {names[loss.identity]: loss.effect for loss in found}


@pytest.fixture
async def holders(databases: Databases) -> AsyncIterator[Holders]:
    """Give people with their devices."""
    async with installation_on(databases, RULES) as installation:
        ids = {name: await installation.ingress.user(f"{name}@acme.test") for name in DEVICES}
        await installation.deliver()
        for name, number in DEVICES.items():
            for at in range(number):
                await installation.inventory.devices.add(
                    "Acme", f"{name}-{at}", assigned_to=f"{name}@acme.test"
                )
        it = administration_on(installation.ingress.database)
        await change_brake(it, COMMAND, installation.ingress.connection, "3:0")
        yield Holders(installation, ids)


async def test_devices_are_counted_and_whoever_has_too_many_is_held(holders: Holders) -> None:
    await holders.leave(*DEVICES)
    await holders.installation.deliver()
    assert await holders.there() == {"ben", "joe"}
    assert await holders.held() == {"ben": Effect.DEVICE, "joe": Effect.DEVICE}
    assert await holders.devices() == 3
    assert (await holders.installation.compare()).findings == []
    it = administration_on(holders.installation.ingress.database)
    assert await approve_held(it, COMMAND, holders.connection, [holders.ids["ben"]]) == 1
    await holders.installation.deliver()
    assert (await holders.there(), await holders.devices()) == ({"joe"}, 1)
    assert await reject_held(it, COMMAND, holders.connection, None) == 1
    assert (await holders.there(), await holders.held()) == ({"joe"}, {})


async def test_whoever_cannot_be_counted_waits_and_holds_up_nobody(
    holders: Holders, databases: Databases
) -> None:
    await holders.leave("ada")
    async with databases.downstream.write() as db:
        await db.execute(text("ALTER TABLE devices RENAME TO hidden"))
    try:
        await holders.installation.deliver()
        await holders.installation.ingress.user("zoe@acme.test")
        row = await holders.installation.ingress.identity(holders.ids["ada"])
        assert (row["leaving"], row["published_version"] < row["version"]) == (0, True)
        assert row["due_at"] is not None
    finally:
        async with databases.downstream.write() as db:
            await db.execute(text("ALTER TABLE hidden RENAME TO devices"))
    holders.installation.seconds_ahead = 60
    await holders.installation.deliver()
    assert await holders.there() == {"ben", "eve", "joe", "zoe"}
