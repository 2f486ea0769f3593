"""Does a broker that is short of memory hold up anything but the arrival?"""

import asyncio

import httpx2

from tests.drivers.installation import Installation
from tests.drivers.okta import Tally, app_for
from tests.readings.promises import check_invariants
from tests.readings.stored import Stores
from tests.servers.broker_alarms import short_of_memory

PEOPLE = 60
CREATES = ("--on-create", "create-employee", "--on-deactivate", "remove-employee")


async def test_the_ingress_answers_and_everything_arrives_once_the_alarm_is_over(
    installation: Installation, stores: Stores
) -> None:
    opened = await installation.connect("short", "store", *CREATES)
    async with (
        installation.apis(1) as origins,
        installation.workers(1),
        app_for(opened, "short", "store", origins, Tally()) as app,
        httpx2.AsyncClient() as http,
    ):
        await app.assign("somebody-before")
        await stores.settled()  # connected, and used to publishing

        with short_of_memory(installation.broker):
            await asyncio.gather(*(app.assign(f"person-{number}") for number in range(PEOPLE)))
            assert all([(await http.get(f"{origin}/readyz")).is_success for origin in origins])
            assert (await stores.read()).lagging, "the broker takes nothing while it is alarmed"
        check_invariants(await stores.settled(), [app])
