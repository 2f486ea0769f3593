"""What does tracing cost? ``muster run`` is pushed the same people without it and with two ratios.

``python -m tests.benchmarks.tracing_cost`` prints the processor time of the process for a write,
all of its way to the platform and to the collector included. Its share of that without tracing is
the figure to trust: it needs no quiet machine, because the ways take turns.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import psutil

from tests.drivers.muster_process import MusterProcess, free_port
from tests.servers.otlp_collector import Collector, collecting

PEOPLE, AT_ONCE, ROUNDS = 400, 16, 3
WRITES = 2 * PEOPLE
"""Each person joins and leaves."""

RATIOS = ("off", "0.1", "1")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LEAVE = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}


async def main() -> None:
    """Measure each way in turn, and print the medians."""
    taken: dict[str, list[float]] = {ratio: [] for ratio in RATIOS}
    spans: dict[str, float] = {}
    for number in range(ROUNDS):
        for ratio in RATIOS:
            with collecting() as collector, TemporaryDirectory() as folder:
                seconds = await processor_seconds(Path(folder), told(ratio, collector))
                spans[ratio] = len(collector.spans) / WRITES
            taken[ratio].append(seconds / WRITES * 1_000)
            show(f"round {number + 1}, {ratio}: {taken[ratio][-1]:.2f} ms for a write")
    without = median(taken["off"])
    for ratio in RATIOS:
        share = median(taken[ratio]) / without
        show(f"{ratio}: {median(taken[ratio]):.2f} ms, {share:.2f}, {spans[ratio]:.1f} spans")


def told(ratio: str, collector: Collector) -> Mapping[str, str]:
    """Return the settings of a way."""
    usual = {"MUSTER_LOG_LEVEL": "info", "MUSTER_LOG_FORMAT": "json"}
    if ratio == "off":
        return usual
    return usual | {"MUSTER_TRACING_ENDPOINT": collector.url, "MUSTER_TRACING_RATIO": ratio}


async def processor_seconds(folder: Path, settings: Mapping[str, str]) -> float:
    """Return what a process takes until everybody has joined and left, and all is applied."""
    muster = MusterProcess(folder, free_port(), more_settings=settings)
    await muster.start()
    rules = ("--on-create", "create-employee", "--on-deactivate", "remove-employee")
    opened = muster.command(
        "connections", "create", "acme", "store", "--new-workspace", *rules, "--brake", "off"
    )
    assert muster.process is not None
    process = psutil.Process(muster.process.pid)
    before = process.cpu_times()
    await push(opened)
    while any(it["pending"] for it in muster.command("status")["connections"]):
        await asyncio.sleep(0.2)
    after = process.cpu_times()
    await muster.stop()
    return (after.user + after.system) - (before.user + before.system)


async def push(opened: dict[str, Any]) -> None:
    """Let everybody join and leave."""
    authorization = {"Authorization": f"Bearer {opened['token']}"}
    turns = asyncio.Semaphore(AT_ONCE)
    async with httpx2.AsyncClient(headers=authorization, timeout=60) as http:

        async def live(number: int) -> None:
            name = f"person-{number}@example.com"
            body = {"schemas": [USER], "userName": name, "emails": [{"value": name}]}
            async with turns:
                answer = await http.post(f"{opened['base_url']}/Users", json=body)
                user = answer.raise_for_status().json()["id"]
                answer = await http.patch(f"{opened['base_url']}/Users/{user}", json=LEAVE)
                answer.raise_for_status()

        await asyncio.gather(*(live(number) for number in range(PEOPLE)))


def show(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
