"""Who makes noise beside every fault? Another workspace, with the dearest requests of all kinds."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from deploy.databases.engines import open_engines
from tests.drivers.in_process import Ingress
from tests.drivers.installation import Installation
from tests.neighbours.costly import mixture
from tests.neighbours.noise import Noise
from tests.neighbours.noise_process import NoiseProcess, noise_process
from tests.neighbours.requests import Tenant
from tests.neighbours.wire_request import Request

SIZE, OF_A_KIND = 0.05, 4
"""How much the tenant has of what makes requests dear, and how many there are of each kind: what
they make stays small enough for a directory that is copied, restored and moved to a small disk."""

ENDLESS = 24 * 3600.0
ANSWER_SECONDS = 60


@asynccontextmanager
async def noise_beside(
    installation: Installation,
    origins: Sequence[str],
    told: dict[str, Any],
    folder: Path,
    pause: float,
) -> AsyncIterator[NoiseProcess]:
    """Give a noise that rests, of a connection that has just been made.

    :param pause: seconds after each answer.
    """
    requests = await _requests(installation, origins[0], told)
    ports = [urlsplit(origin).port or 0 for origin in origins]
    noise = Noise(ports, ENDLESS, requests, pause)
    async with noise_process(noise, folder / "noise.json") as process:
        process.begin()
        process.rest()
        yield process


async def _requests(
    installation: Installation, origin: str, told: dict[str, Any]
) -> Sequence[Request]:
    database = DirectoryDatabase(*open_engines(installation.database_url("directory")))
    http = httpx2.AsyncClient(
        base_url=f"{origin}/scim/v2/{told['connection']}",
        headers={"Authorization": f"Bearer {told['token']}"},
        timeout=ANSWER_SECONDS,
    )
    ingress = Ingress(database, told["connection"], http, CollectorRegistry())
    try:
        async with http:
            return await mixture(Tenant(ingress, SIZE), OF_A_KIND)
    finally:
        for engine in (database.reading, database.writing):
            await engine.dispose()
