"""Does a company's Okta arrive, whatever happens to the broker and the workers meanwhile?"""

import asyncio
from contextlib import AsyncExitStack

from deploy.databases.engines import open_engines
from tests.drivers.installation import NO_BRAKE, Installation, terminate
from tests.drivers.okta import App, Person, Tally, app_for
from tests.end_to_end.counters import scrape
from tests.readings.promises import check_bystanders, check_counters, check_invariants
from tests.readings.stored import Stores
from tests.servers.rabbitmq import wait_for_rabbitmq
from worker.dialects import DownstreamDatabase
from worker.platforms.sql.inventory import Inventory

PEOPLE, BYSTANDERS, DEVICES = 120, 40, 16
RULES = {
    "dashboard": (
        *("--on-create", "create-collaborator", "--role", "viewer"),
        *("--on-deactivate", "remove-collaborator"),
        *("--map-role", "Administrators=admin", "--map-role", "Editors=editor"),
    ),
    "store": ("--on-create", "create-employee", "--on-deactivate", "remove-employee"),
    "mdm": ("--on-create", "create-mdm-employee", "--on-deactivate", "remove-user"),
}
RESTART_BROKER_AT, STOP_WORKER_AT = 300, 700
"""Acknowledged requests, of about 1,100."""


async def test_a_company_arrives_over_a_restart_of_the_broker_and_the_end_of_a_worker(
    installation: Installation, stores: Stores
) -> None:
    tally = Tally()
    async with (
        installation.apis(2) as origins,
        installation.workers(3) as workers,
        AsyncExitStack() as apps,
    ):

        async def app(workspace: str, portal: str) -> App:
            opened = await installation.connect(workspace, portal, *RULES[portal], *NO_BRAKE)
            return await apps.enter_async_context(
                app_for(opened, workspace, portal, origins, tally)
            )

        company = [await app("acme", portal) for portal in RULES]
        bystanders = await app("other", "store")
        await asyncio.gather(*(bystanders.assign(f"person-{n}") for n in range(BYSTANDERS)))
        leavers = await asyncio.gather(*(company[2].assign(f"holder-{n}") for n in range(DEVICES)))
        before = (await stores.settled()).of_connection(bystanders.connection)
        await hand_out_devices(installation, leavers)

        start = tally.count
        async with asyncio.TaskGroup() as load:
            load.create_task(leave(company[2], leavers))
            pushes = [load.create_task(push_company(each)) for each in company]
            await tally.reaches(start + RESTART_BROKER_AT)
            await asyncio.to_thread(installation.broker.restart)
            await asyncio.to_thread(wait_for_rabbitmq, installation.broker_url("muster-topology"))
            await tally.reaches(start + STOP_WORKER_AT)
            ended = await scrape([installation.inspected[workers[0].pid]])
            assert await terminate(workers[0]) == 0

        await stores.settled()  # so that downstream has seen who is an Administrator
        await asyncio.gather(
            *(leave(each, push.result()) for each, push in zip(company, pushes, strict=True))
        )
        stored = await stores.settled()
        check_invariants(stored, [*company, bystanders])
        check_bystanders(before, stored.of_connection(bystanders.connection))
        alive = [*origins.values(), *workers[1:]]
        counters = await scrape(installation.inspected[process.pid] for process in alive)
        released = ended.total("muster_device_actions_total", "release")
        check_counters(counters, stored, tally.count, int(released))
        assert len(stored.refusals) == 1, "all Administrators left, and one of them has to stay"
        assert len(stored.ledger) == DEVICES


async def push_company(app: App) -> list[Person]:
    """Let everybody join, move and leave at once, push the groups, and return Administrators."""
    people = await asyncio.gather(*(live(app, number) for number in range(PEOPLE)))
    staying = [person for person in people if person.active and not person.deleted]
    weavers = await app.push_group("Weavers", staying[::2])
    editors = await app.push_group("Spinners", staying[1::2])
    administrators = staying[:8]
    await app.push_group("Administrators", administrators)
    await app.rename_group(editors, "Editors")
    await app.remove_member(editors, staying[1])
    await app.delete_group(weavers)
    return administrators


async def live(app: App, number: int) -> Person:
    """Let one person come, move, and meet a fate that depends on the number."""
    person = await app.assign(f"person-{number}")
    await app.push_profile(person, family_name="Mover")
    match number % 8:
        case 1:
            await app.set_active(person, active=False)
        case 2:
            await app.set_active(person, active=False)
            await app.set_active(person, active=True)
        case 3:
            await app.delete(person)
        case 4:
            await app.set_active(person, active=False)
            await app.delete(person)
        case 5:
            email = f"renamed-{number}@acme.test"
            await app.push_profile(person, family_name="Renamed", email=email)
        case _:
            pass
    return person


async def leave(app: App, people: list[Person]) -> None:
    """Deactivate people, all at once."""
    await asyncio.gather(*(app.set_active(person, active=False) for person in people))


async def hand_out_devices(installation: Installation, holders: list[Person]) -> None:
    """Do by hand what an administrator does."""
    engines = open_engines(installation.database_url("downstream"))
    inventory = Inventory(DownstreamDatabase(*engines))
    for number, holder in enumerate(holders):
        await inventory.devices.add("acme", f"LAPTOP-{number}", assigned_to=holder.email)
    for engine in engines:
        await engine.dispose()
