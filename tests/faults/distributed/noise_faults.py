"""What does a noisy tenant do alone? It sends dear requests, or opens connections and leaves them.

The requests are those that are sent beside every other fault, too.
"""

import asyncio
from urllib.parse import urlsplit

from tests.faults.distributed.site import Site
from tests.neighbours.noise import Noise
from tests.neighbours.noise_process import noise_process

SECONDS = (1.0, 3.0)
EFFECT_SECONDS = 180
"""For anything at all to come of the noise, on a machine however slow."""


async def send_dear_requests(site: Site) -> None:
    """Let nothing but the noise happen for a while, and until something has come of it."""
    before = await site.watches.sum_of_versions(site.noisy)
    await asyncio.sleep(site.drawn.uniform(*SECONDS))
    async with asyncio.timeout(EFFECT_SECONDS):
        while await site.watches.sum_of_versions(site.noisy) == before:
            await asyncio.sleep(0.1)


async def open_connections(site: Site) -> None:
    """Open as many connections as the apis are to bear, beside the noise, for a while."""
    ports = [urlsplit(origin).port or 0 for origin in site.fleet.origins]
    noise = Noise(ports, site.drawn.uniform(*SECONDS), requests=())
    async with noise_process(noise, site.folder / "connections.json") as process:
        site.note("connections", answers=await process.finished())
