"""What does tracing cost? ``muster run`` is pushed the same people without it and with two ratios.

``python -m tests.benchmarks.tracing_cost`` prints two figures. The first is the processor time that
the spans of a write take by themselves, with their way to a collector: it moves little with other
work on the machine. The second is that of the whole process for a write, all of its way to the
platform included, the ways in turn: it needs a quiet machine.
"""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import psutil

from contracts.tracing import SpanName, Tracing
from deploy.settings import read_settings
from deploy.tracing.process_tracing import process_tracing
from tests.drivers.forked_muster import ForkedInstallation
from tests.servers.otlp_collector import Collector, collecting
from tests.servers.ports import free_port

PEOPLE, AT_ONCE, ROUNDS = 300, 16, 5
WRITES = 2 * PEOPLE
"""Each person joins and leaves."""

RULES = (
    *("--new-workspace", "--brake", "off"),
    *("--on-create", "create-employee", "--on-deactivate", "remove-employee"),
)
RATIOS = ("off", "0.1", "1")
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LEAVE = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}


TOLD, BREATH = 5_000, 50
"""Writes whose spans are told alone, and after how many the thread that sends them has its turn."""


def main() -> None:
    """Measure both, and print them."""
    for ratio in RATIOS:
        with collecting() as collector, multiprocessing.get_context("spawn").Pool(1) as pool:
            given = (collector.url if ratio != "off" else "", float(ratio.replace("off", "0")))
            best = min(pool.apply(spans_alone, given) for _ in range(ROUNDS))
            show(f"spans alone, {ratio}: {best / TOLD * 1_000_000:.1f} us for a write")
    asyncio.run(whole_processes())


def spans_alone(endpoint: str, ratio: float) -> float:
    """Return the seconds of processor that the spans of many writes take, until all are sent."""
    settings = read_settings(tracing_endpoint=endpoint, tracing_ratio=ratio)
    before = time.process_time()
    with process_tracing(settings, "run") as tracing:
        for number in range(TOLD):
            tell_write(tracing)
            if endpoint and number % BREATH == 0:
                time.sleep(0.01)
    return time.process_time() - before


def tell_write(tracing: Tracing) -> None:
    """Tell what a write tells on all of its way, with attributes of the usual sizes."""
    request = tracing.begin_request(None)
    of_identity = {"muster.connection": "acme-store", "muster.identity": "8f" * 16}
    if tracing.is_on and request.traceparent:
        at = time.time_ns() // 1_000
        tracing.begin(SpanName.TRANSACTION, request.traceparent).end()
        for hop, below in (
            (SpanName.RELAY_EVENT, (SpanName.PUBLISH,)),
            (SpanName.WORKER_EVENT, (SpanName.PLAN, SpanName.ACTION)),
        ):
            links = [request.traceparent]
            event = tracing.begin(hop, request.traceparent, at=at, links=links)
            for name in below:
                inner = tracing.begin(name, event.traceparent, at=at)
                inner.end({"muster.action": "CreateAccount", "muster.account": "8f" * 16}, at=at)
            event.end(of_identity | {"muster.outcome": "applied", "muster.version": at}, at=at)
    request.end({"muster.operation": "create_user", "muster.connection": "acme-store"})


async def whole_processes() -> None:
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
    muster = ForkedInstallation(folder, free_port(), more_settings=settings)
    await muster.start()
    assert muster.process is not None
    try:
        opened = muster.command("connections", "create", "acme", "store", *RULES)
        process = psutil.Process(muster.process.pid)
        before = process.cpu_times()
        await push(opened)
        while any(it["pending"] for it in muster.command("status")["connections"]):
            await asyncio.sleep(0.2)
        after = process.cpu_times()
        await muster.stop()
    finally:
        if muster.process.returncode is None:
            await muster.kill()
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
    main()
