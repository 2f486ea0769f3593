"""Who holds devices, and how often is each released? Once per deactivation, and never else."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.drivers.okta import Person
from tests.faults.distributed.patient_app import PatientApp
from tests.readings.stored import Stores
from worker.dialects import DownstreamDatabase
from worker.errors import SerialExists, UnknownEmail, UnknownSerial
from worker.platforms.sql.inventory import Inventory

PAUSE = 0.1
AWAY = (DBAPIError, PoolTimeout, OSError)


@dataclass(slots=True)
class DeviceHolder:
    """One person with one device, who leaves and comes back, and is given the device again.

    What somebody does by hand downstream is done when nothing is on its way there: who else comes
    first would be anybody's guess.
    """

    app: PatientApp
    stores: Stores
    serial: str
    person: Person | None = None
    assigned: bool = False
    may_assign: bool = True
    released: Counter[str] = field(default_factory=Counter)
    """How often each device has to have been released."""

    async def write(self) -> None:
        """Do the next thing in this life."""
        if self.person is None:
            self.person = await self.app.assign(f"holder-{self.serial}")
            self.person.is_holder = True
        elif self.person.active and not self.assigned:
            await self._assign()
        elif self.person.active:
            await self.app.set_active(self.person, active=False)
            self.released[self.serial] += 1
            self.assigned = False
        else:
            await self.app.set_active(self.person, active=True)

    async def _assign(self) -> None:
        """Assign the device, if what was acknowledged has arrived by now."""
        try:
            if (
                self.person is None
                or not self.may_assign
                or not await self._has_arrived(self.person)
            ):
                return
            inventory = Inventory(
                DownstreamDatabase(self.stores.downstream, self.stores.downstream)
            )
            with suppress(SerialExists):  # made before
                await inventory.devices.add(self.app.workspace, self.serial)
            await inventory.devices.assign(self.app.workspace, self.serial, self.person.email)
        except (*AWAY, UnknownEmail, UnknownSerial):
            await asyncio.sleep(PAUSE)
        else:
            self.assigned = True

    async def _has_arrived(self, person: Person) -> bool:
        return await self.stores.has_arrived(self.app.connection, person.id)
