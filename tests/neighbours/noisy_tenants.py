"""What does another tenant complain of beside each of the dearest requests, sixteen at a time?"""

from collections.abc import Sequence

import pytest

from tests.neighbours.costly import COSTLY, OF_A_CROWD, Costly
from tests.neighbours.judgement import complaints
from tests.neighbours.requests import Tenant
from tests.neighbours.served_process import ServedProcess
from tests.neighbours.silence import silence
from tests.neighbours.wire_request import Request

NOISE_SECONDS = 2.0

TRIALS = 3


async def nothing(_: Tenant) -> Sequence[Request]:
    """Send nothing: a thousand connections are opened and left."""
    return []


each_noise = pytest.mark.parametrize("costly", [nothing, *COSTLY], ids=lambda it: it.__name__)
"""Runs a test with each of the dearest requests."""


async def complaints_beside(
    server: ServedProcess, pace: float, crowd: Tenant, costly: Costly
) -> list[str]:
    """Return what the victim has to complain of while a tenant sends such requests."""
    await server.until_quiet()  # the noise before: SQLite lets no other process in while it writes
    async with server.tenant(costly.__name__.replace("_", "-")) as tenant:
        noisy = crowd if costly in OF_A_CROWD else tenant
        found = await complaints_each_time(server, await costly(noisy), pace)
        await silence(noisy.ingress)
    return found


async def complaints_each_time(
    server: ServedProcess, requests: Sequence[Request], pace: float
) -> list[str]:
    """Return what the victim has to complain of, each time anew: a fault is there every time.

    What else goes on at this machine is not.
    """
    found: list[str] = []
    for _ in range(TRIALS):
        served = await server.served_beside(requests, NOISE_SECONDS)
        if not (found := complaints(served, pace, server.peak_mib())):
            break
        print(*found, sep="\n")  # noqa: T201 - pytest shows it where the test fails
    return found
