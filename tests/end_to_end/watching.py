"""What would an operator see? Prometheus with the rules of deploy/, in time that passes faster."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
import yaml
from testcontainers.core.container import DockerContainer

from deploy.monitoring import rules
from deploy.monitoring.pace import MINUTE, Pace
from tests.drivers.installation import DEPLOY, Installation
from tests.servers.containers import run_container

PORT = 9090
START_SECONDS = 60
WAIT_SECONDS = 60
"""For an alert; a few are usual."""

PACE = Pace(60)
"""A minute passes in a second: the shortest window of a rule is five of them."""
SCRAPE = "1s"

Labels = dict[str, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus that watches an installation."""

    http: httpx2.AsyncClient

    async def ask(self, query: str) -> list[tuple[Labels, float]]:
        """Return the labels and the value of everything that a query selects just now."""
        answer = await self.http.get("/api/v1/query", params={"query": query})
        assert answer.is_success, f"{query}: {answer.text}"
        result = answer.json()["data"]["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    async def names(self) -> set[str]:
        """Return what everything that was ever scraped or recorded is called."""
        answer = await self.http.get("/api/v1/label/__name__/values")
        return set(answer.json()["data"])

    async def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that fire, with labels and annotations."""
        answer = await self.http.get("/api/v1/alerts")
        active: list[dict[str, Any]] = answer.json()["data"]["alerts"]
        return [alert for alert in active if alert["state"] == "firing"]

    async def fires(self, name: str, **labels: str) -> dict[str, Any]:
        """Wait until an alert fires that has these labels, among others; return it."""

        async def firing() -> list[dict[str, Any]]:
            return [it for it in await self.alerts() if _is_called(it, name, labels)]

        return (await self._until(firing, f"{name} {labels} does not fire"))[0]

    async def clears(self, name: str, **labels: str) -> None:
        """Wait until none fires that has these labels."""

        async def cleared() -> bool:
            return not any(_is_called(it, name, labels) for it in await self.alerts())

        await self._until(cleared, f"{name} {labels} goes on firing")

    async def sees(self, query: str) -> list[tuple[Labels, float]]:
        """Wait until a query selects something; return it."""
        return await self._until(lambda: self.ask(query), f"nothing is seen of {query}")

    async def _until(self, look: Callable[[], Awaitable[T]], complaint: str) -> T:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not (seen := await look()):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            firing = [alert["labels"] for alert in await self.alerts()]
            pytest.fail(f"{complaint}; these fire: {firing}")
        return seen


@asynccontextmanager
async def watching(
    installation: Installation,
    image: str,
    targets: dict[str, list[str]],
    alertmanager: str,
    folder: Path,
) -> AsyncIterator[Prometheus]:
    """Run Prometheus on the network of the host, where the processes of the test are.

    ``targets``: the hosts and ports of the jobs of deploy/prometheus/prometheus.yml.
    ``alertmanager``: the host and port to which alerts are sent.
    """
    files = {
        "/etc/prometheus/prometheus.yml": _configuration(installation, targets, alertmanager),
        "/etc/prometheus/rules/alerts.yml": rules.alerts_text(PACE),
        "/etc/prometheus/rules/objectives.yml": rules.objectives_text(PACE),
    }
    for place, text in files.items():
        (folder / Path(place).name).write_text(text)
    with run_container(
        image,
        PORT,
        network="host",
        environment={},
        listen_on=_listen_on_loopback,
        files={place: folder / Path(place).name for place in files},
    ) as server:
        async with httpx2.AsyncClient(base_url=f"http://{server.host}:{server.port}") as http:
            async with asyncio.timeout(START_SECONDS):
                while not await _is_ready(http):
                    await asyncio.sleep(0.1)
            yield Prometheus(http)


def _configuration(
    installation: Installation, targets: dict[str, list[str]], alertmanager: str
) -> str:
    """Return the configuration of deploy/, with what is different here."""
    configuration = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    configuration["global"] = {
        "scrape_interval": SCRAPE,
        "scrape_timeout": SCRAPE,
        "evaluation_interval": SCRAPE,
    }
    configuration["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [alertmanager]}]
    for job in configuration["scrape_configs"]:
        job.pop("dns_sd_configs", None)
        found = targets.get(job["job_name"], [installation.broker_metrics])
        job["static_configs"] = [{"targets": found}]
    written: str = yaml.safe_dump(configuration)
    return written


def _listen_on_loopback(container: DockerContainer, port: int) -> None:
    container.with_command(
        [
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--web.listen-address=127.0.0.1:{port}",
            # An alert that fires before Alertmanager is known would be sent again after a minute.
            f"--rules.alert.resend-delay={PACE.duration(MINUTE)}",
        ]
    )


def _is_called(alert: dict[str, Any], name: str, labels: Labels) -> bool:
    has: Labels = alert["labels"]
    return {"alertname": name, **labels}.items() <= has.items()


async def _is_ready(http: httpx2.AsyncClient) -> bool:
    try:
        answer = await http.get("/-/ready")
    except httpx2.TransportError:
        return False
    return answer.is_success
