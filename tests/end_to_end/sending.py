"""Whom would alerts reach? The printer, by Alertmanager with the configuration of deploy/."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
import yaml
from testcontainers.core.container import DockerContainer

from deploy.print_alerts import printer
from tests.drivers.installation import DEPLOY
from tests.servers.containers import run_container

WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Sent:
    """What has arrived, and where Prometheus finds Alertmanager."""

    place: str
    printed: io.StringIO

    async def says(self, words: str) -> None:
        """Wait until a line begins with these words."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not any(it.startswith(words) for it in self.printed.getvalue().splitlines()):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"{words} has not arrived, but: {self.printed.getvalue()}")


@asynccontextmanager
async def sending(image: str, folder: Path) -> AsyncIterator[Sent]:
    """Run Alertmanager on the network of the host, where the printer is."""
    printed = io.StringIO()
    with printer("127.0.0.1", 0, printed) as receiver:
        thread = Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            file = folder / "alertmanager.yml"
            file.write_text(_configuration(receiver.server_port))
            with run_container(
                image,
                9093,
                network="host",
                environment={},
                listen_on=_listen_on_loopback,
                files={"/etc/alertmanager/alertmanager.yml": file},
            ) as server:
                yield Sent(f"{server.host}:{server.port}", printed)
        finally:
            receiver.shutdown()
            thread.join()


def _configuration(port: int) -> str:
    """Return the configuration of deploy/, with the printer's place here and no long waits."""
    configuration = yaml.safe_load((DEPLOY / "alertmanager/alertmanager.yml").read_text())
    configuration["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    for receiver in configuration["receivers"]:
        receiver["webhook_configs"][0]["url"] = f"http://127.0.0.1:{port}/{receiver['name']}"
    written: str = yaml.safe_dump(configuration)
    return written


def _listen_on_loopback(container: DockerContainer, port: int) -> None:
    container.with_command(
        [
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
    )
