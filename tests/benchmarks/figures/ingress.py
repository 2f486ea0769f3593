"""How fast is the api by itself? Without relay and worker, which every write wakes in use."""

from dataclasses import replace

from tests.benchmarks.aims import ALONE
from tests.benchmarks.figures.rates import CREATE, DEACTIVATE, FLOOR, LOOK_UP, measure_rates
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.load.bodies import patch
from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.load.people import People
from tests.benchmarks.report import AIM
from tests.benchmarks.setting import Setting
from tests.benchmarks.watching.round_trips import CountingProxy
from tests.benchmarks.watching.sight import moment
from tests.drivers.api_process import api_processes

CONNECTIONS = (1, 16, 64)
WARM, COUNTED = 20, 50
"""Requests until each connection has prepared its statements, and those that are counted."""


async def measure_ingress(setting: Setting) -> None:
    """Measure the api alone."""
    extent = setting.extent
    small, large = await setting.people(setting.small, setting.large)
    since = moment()
    async with setting.apis_alone() as ports, setting.floor() as floor:
        asked = {
            f"among {extent.small:,}": Asked(small, ports),
            f"among {extent.large:,}": Asked(large, ports),
        }
        works = [
            (what, connections)
            for connections in CONNECTIONS
            for what in (CREATE, DEACTIVATE, LOOK_UP)
        ]
        asked = {FLOOR: floor.asked} | asked
        await measure_rates(setting.report, ALONE, asked, works, setting.processors, extent)
    await measure_round_trips(setting, small)
    await setting.settle(since)


async def measure_round_trips(setting: Setting, people: People) -> None:
    """Count how often a request asks the database and waits for it."""
    report = setting.report
    table = report.table("round trips to the database", "for each request", AIM)
    postgres = setting.installed.postgres
    proxy = CountingProxy(postgres.host, postgres.port)
    async with proxy.serving():
        behind = replace(setting.installed, doors={"directory": f"127.0.0.1:{proxy.port}"})
        async with api_processes(behind.database_url("directory"), 1, setting.installed.log) as at:
            client = await Asked(people, at).client()
            for what, ask in {
                "a create": people.create,
                "a plain PATCH": lambda client: _change(people, client),
                "a look-up": people.look_up,
            }.items():
                for _ in range(WARM):
                    await ask(client)
                before = proxy.round_trips
                for _ in range(COUNTED):
                    await ask(client)
                each = (proxy.round_trips - before) / COUNTED
                aim = report.hold(f"{what} asks the database", each)
                table.add(what, {"for each request": f"{each:.1f}"} | aim)
            client.close()


async def _change(people: People, client: Client) -> None:
    number = next(people.numbers)
    id_ = people.active[number % len(people.active)]
    title = {"op": "replace", "path": "title", "value": f"Weaver {number}"}
    await client.send("PATCH", f"/Users/{id_}", patch(title))
