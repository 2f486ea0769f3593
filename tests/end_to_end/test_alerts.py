"""Do the alerts fire when something is away, and clear when it is back? In Prometheus itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.monitoring.installations import INSTALLATION as LABEL
from deploy.monitoring.objectives import OBJECTIVES, WINDOWS
from tests.conftest import SETTINGS
from tests.drivers.installation import Installation
from tests.drivers.okta import App, Tally, app_for
from tests.end_to_end.coming_and_going import leavers_without_end
from tests.end_to_end.sending import Sent, sending
from tests.end_to_end.watching import Prometheus, watching
from tests.readings.dashboards import as_sent, queries_of_dashboards
from tests.readings.promql import selected
from tests.readings.stored import Stores
from tests.servers.broker_alarms import short_of_memory
from tests.servers.tcp_proxy import TcpProxy

PEOPLE = 160
"""Enough that nobody has two turns during an outage."""
STORE = ("--on-create", "create-employee", "--on-deactivate", "remove-employee")
DASHBOARD = (
    *("--on-create", "create-collaborator", "--role", "admin"),
    *("--on-deactivate", "remove-collaborator"),
)
LATE = 'time() - ALERTS_FOR_STATE{alertname="MusterConsumingPaused", lane="urgent"} > 16'
"""Of a minute, which is the long window here, 11 seconds of leavers are late then: 18 %."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The ways to what an installation depends on, each of which can be shut."""

    broker: TcpProxy
    directory: TcpProxy
    downstream: TcpProxy


@asynccontextmanager
async def behind_doors(installation: Installation) -> AsyncIterator[tuple[Installation, Doors]]:
    """Let the processes reach everything by ways that can be shut."""
    database = installation.postgres.host, installation.postgres.port
    async with (
        TcpProxy(installation.broker.host, installation.broker.port).serving() as broker,
        TcpProxy(*database).serving() as directory,
        TcpProxy(*database).serving() as downstream,
    ):
        doors = {"broker": broker, "directory": directory, "downstream": downstream}
        places = {name: f"127.0.0.1:{door.port}" for name, door in doors.items()}
        yield replace(installation, doors=places), Doors(**doors)


async def test_every_outage_is_noticed_and_so_is_its_end(
    installation: Installation,
    stores: Stores,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    settings = pytestconfig.stash[SETTINGS]
    store, admins = await asyncio.gather(
        installation.connect("watched", "store", *STORE),
        installation.connect("watched", "dashboard", *DASHBOARD),
    )
    async with behind_doors(installation) as (reached, doors), reached.apis(1) as apis:
        (origin,) = apis
        async with (
            reached.workers(1) as workers,
            app_for(store, "watched", "store", apis, Tally()) as app,
            app_for(admins, "watched", "dashboard", apis, Tally()) as dashboard,
        ):
            people = await asyncio.gather(*(app.assign(f"person-{n}") for n in range(PEOPLE)))
            await stores.settled()
            targets = {
                "muster-api": [place_of(reached, api.pid) for api in apis.values()],
                "muster-worker": [place_of(reached, worker.pid) for worker in workers],
            }
            async with (
                sending(settings.alertmanager_image, tmp_path) as sent,
                watching(
                    installation, settings.prometheus_image, targets, sent.place, tmp_path
                ) as prometheus,
                leavers_without_end(origin, store, [person.id for person in people]),
            ):
                await figures_are_recorded(prometheus)
                await the_broker_is_away(prometheus, doors.broker)
                await the_directory_is_away(prometheus, doors.directory)
                await downstream_is_away(prometheus, doors.downstream)
                await the_broker_is_short_of_memory(prometheus, installation)
                await the_last_admin_leaves(prometheus, dashboard, sent)
                await sent.says("firing page MusterBrokerUnreachable ")
                await every_panel_can_be_drawn(prometheus)
            await stores.settled()  # nobody else's test finds anything on its way


async def figures_are_recorded(prometheus: Prometheus) -> None:
    for objective in OBJECTIVES:
        for window in WINDOWS:
            ((_, share),) = await prometheus.sees(f"{objective.bad(window)} >= 0")
            assert share <= 1


async def the_broker_is_away(prometheus: Prometheus, broker: TcpProxy) -> None:
    broker.cut()
    await prometheus.fires("MusterBrokerUnreachable", job="muster-api")
    await prometheus.fires("MusterBrokerUnreachable", job="muster-worker")
    alert = await prometheus.fires("MusterOldestMark", lane="urgent", severity="page")
    told = alert["annotations"]
    assert told["runbook_url"] == "docs/runbooks/MusterOldestMark.md"
    assert told["dashboard_url"] == f"/d/muster-pipeline?var-installation={alert['labels'][LABEL]}"
    broker.mend()
    await prometheus.clears("MusterBrokerUnreachable")
    await prometheus.clears("MusterOldestMark")


async def the_directory_is_away(prometheus: Prometheus, directory: TcpProxy) -> None:
    directory.cut()
    await prometheus.fires("MusterDatabaseUnreachable", database="directory")
    await prometheus.fires("MusterAnswersBudget", severity="page", window="1h")
    directory.mend()
    await prometheus.clears("MusterDatabaseUnreachable")
    await prometheus.clears("MusterAnswersBudget", window="1h")


async def downstream_is_away(prometheus: Prometheus, downstream: TcpProxy) -> None:
    await prometheus.clears("MusterLeaversBudget", window="1h")  # the broker's outage is over
    downstream.cut()
    await prometheus.fires("MusterDatabaseUnreachable", database="downstream")
    await prometheus.fires("MusterConsumingPaused", lane="urgent")
    await prometheus.sees(LATE)
    downstream.mend()
    await prometheus.clears("MusterDatabaseUnreachable")
    await prometheus.clears("MusterConsumingPaused")
    await prometheus.fires("MusterLeaversBudget", severity="page", window="1h")
    await prometheus.clears("MusterLeaversBudget", window="1h")


async def the_broker_is_short_of_memory(prometheus: Prometheus, installation: Installation) -> None:
    with short_of_memory(installation.broker):
        await prometheus.fires("MusterBrokerBlocked")
        await prometheus.sees("rabbitmq_alarms_memory_used_watermark == 1")
    await prometheus.clears("MusterBrokerBlocked")


async def the_last_admin_leaves(prometheus: Prometheus, app: App, sent: Sent) -> None:
    """The page arrives, and its end; Alertmanager tells no end of what it had no time to tell."""
    last = await app.assign("last-admin")
    await app.set_active(last, active=False)
    alert = await prometheus.fires("MusterLastAdminKeepsAccess", severity="page")
    assert alert["annotations"]["summary"].endswith("keep their access: 1.")
    await sent.says('firing page MusterLastAdminKeepsAccess "compose: Last Admins')
    await app.assign("another-admin")
    await prometheus.clears("MusterLastAdminKeepsAccess")
    await sent.says('resolved page MusterLastAdminKeepsAccess "compose: Last Admins')


async def every_panel_can_be_drawn(prometheus: Prometheus) -> None:
    """Prometheus answers each query, and knows every name in it: the broker's as well."""
    queries = {query for _, query in queries_of_dashboards()}
    for query in queries:
        for labels, _ in await prometheus.ask(as_sent(query, "5s")):
            assert labels[LABEL], query
    asked = {one.name for query in queries for one in selected(query)}
    assert any(name.startswith("rabbitmq_detailed_") for name in asked)
    assert asked - await prometheus.names() == set()


def place_of(installation: Installation, process: int) -> str:
    """Return the host and port where a process shows its metrics."""
    return urlsplit(installation.inspected[process]).netloc
