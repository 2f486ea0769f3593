"""Is work that holds the event loop measured, and named without what it works on?"""

import asyncio
import threading
import time

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from contracts.names import comparison_key
from deploy.processes.loop_watch import BEAT, LONG, LoopWatch

LAG = "muster_event_loop_lag_seconds"


class Held(str):
    """A text that is not ready before the watch has looked where the process is, and it is late."""

    __slots__ = ("watch",)
    watch: LoopWatch

    def isascii(self) -> bool:
        long_enough = time.monotonic() + BEAT + 2 * LONG
        while not self.watch.has_seen or time.monotonic() < long_enough:
            pass  # holds the loop, as work does
        return True


async def test_what_holds_the_loop_is_measured_and_named_without_what_it_works_on() -> None:
    registry = CollectorRegistry()
    watch = LoopWatch(registry, report_seconds=0)
    text = Held("ada@acme.test")
    text.watch = watch
    with capture_logs() as logs:
        watching = asyncio.ensure_future(watch.run())
        await asyncio.sleep(0)
        comparison_key(text)
        while not logs:
            await asyncio.sleep(0)
        watching.cancel()
    [told] = logs
    assert told["event"] == "event_loop_held"
    assert told["seconds"] > LONG
    assert "contracts.names:" in told["where"]
    assert "comparison_key" in told["where"]
    assert "ada" not in repr(logs)
    assert round(registry.get_sample_value(f"{LAG}_sum") or 0, 3) >= told["seconds"]


async def test_a_loop_that_nobody_holds_is_not_told_of() -> None:
    registry = CollectorRegistry()
    with capture_logs() as logs:
        watching = asyncio.ensure_future(LoopWatch(registry, report_seconds=0).run())
        while not registry.get_sample_value(f"{LAG}_count"):
            await asyncio.sleep(0.001)  # a beat gives no event to wait for
        watching.cancel()
    assert [entry for entry in logs if entry["seconds"] < LONG] == []


async def test_the_thread_that_looks_ends_with_the_watch() -> None:
    before = threading.enumerate()
    watching = asyncio.ensure_future(LoopWatch(CollectorRegistry()).run())
    await asyncio.sleep(0)
    [thread] = [it for it in threading.enumerate() if it not in before]
    watching.cancel()
    await asyncio.wait({watching})
    thread.join(timeout=10)
    assert not thread.is_alive()
