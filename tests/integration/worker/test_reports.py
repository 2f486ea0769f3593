"""What do metrics and log tell of events? What became of each, how late, and nothing personal."""

import asyncio
import json
from dataclasses import replace

from structlog.testing import capture_logs

from contracts.embedded_transport import EmbeddedDelivery, EmbeddedTransport
from contracts.identity_changed import IdentityChanged, Trace, encode, message_id
from contracts.rules import UnassignDevices
from contracts.topology import RETRY_DELAYS, Lane
from contracts.transport import Parcel
from tests.drivers.people import ADA, STORE, joiner, left, mdm, renamed
from tests.drivers.platform import Platform, delivered, delivery
from tests.readings.samples import samples, traces
from worker.gauges import WorkerObservations

RELEASE = mdm(UnassignDevices())


async def _handle(platform: Platform, *events: IdentityChanged, attempts: int = 0) -> None:
    await platform.handler.handle([delivery(event, attempts) for event in events])


async def test_events_are_counted_by_portal_and_by_what_became_of_them(platform: Platform) -> None:
    first = joiner(STORE)
    second = renamed(first, display_name="Ada Stone")
    await _handle(platform, second)
    await _handle(platform, second)
    await _handle(platform, first)
    await _handle(platform, joiner(STORE, ADA, "namesake"))
    await _handle(platform, joiner(RELEASE, ADA, "mobile"))
    assert samples(platform.metrics, "muster_events_total") == {
        ("store", "applied"): 1,
        ("store", "duplicate"): 1,
        ("store", "stale"): 1,
        ("store", "refused"): 1,
        ("mdm", "applied"): 1,
    }
    assert samples(platform.metrics, "muster_refusals_total") == {("conflict",): 1}


async def test_retries_and_failures_are_counted(platform: Platform) -> None:
    await platform.poison(transient=True)
    poisoned = joiner(STORE, "poisoned@acme.test", "poisoned")
    await _handle(platform, poisoned)
    await _handle(platform, poisoned, attempts=len(RETRY_DELAYS))
    assert samples(platform.metrics, "muster_events_total") == {
        ("store", "retried"): 1,
        ("store", "failed"): 1,
    }
    assert samples(platform.metrics, "muster_failures_total") == {("exhausted",): 1}


async def test_the_lag_of_what_was_applied_is_from_the_answer_on(platform: Platform) -> None:
    answered = platform.clock() - 300_000
    event = joiner(STORE, version=answered).model_copy(update={"changed_at": answered})
    trace = Trace(correlation_id="request", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    sent = Parcel(message_id(event), Lane.BULK, encode(event, trace), 0)
    await platform.handler.handle([delivered(sent)])
    await _handle(platform, event)
    assert traces(platform.metrics, "muster_sync_lag_seconds_bucket") == ["a" * 32]
    assert samples(platform.metrics, "muster_sync_lag_seconds_count") == {("bulk",): 1}
    assert samples(platform.metrics, "muster_sync_lag_seconds_sum") == {("bulk",): 0.3}
    below = samples(platform.metrics, "muster_sync_lag_seconds_bucket")
    assert ("bulk", "0.25") not in below
    assert below["bulk", "0.5"] == 1


async def test_the_lag_lasts_until_the_commit_has_ended(platform: Platform) -> None:
    readings = iter([2_000_000, 5_000_000])

    def clock() -> int:
        """Return a time before the transaction, then one after its commit."""
        return next(readings)

    handler = replace(platform.handler, clock=clock)
    await handler.handle([delivery(joiner(STORE, version=1_000_000))])
    assert samples(platform.metrics, "muster_sync_lag_seconds_sum") == {("bulk",): 4.0}
    async with platform.database.read() as db:
        rows = await db.exec_driver_sql("SELECT applied_at FROM sync_records")
        assert rows.scalars().all() == [2_000_000]


async def test_device_actions_are_counted_and_logged_under_the_id_of_their_request(
    platform: Platform,
) -> None:
    joined = joiner(RELEASE)
    await _handle(platform, joined)
    await platform.inventory.devices.add(joined.workspace, "L1", assigned_to=ADA)
    gone = left(joined, RELEASE)
    with capture_logs() as log:
        await _handle(platform, gone)
    assert samples(platform.metrics, "muster_device_actions_total") == {("release",): 1}
    [device] = [line for line in log if line["event"] == "device_changed"]
    assert device["action"] == "release"
    assert device["correlation_id"] == f"request-{gone.version}"


async def test_what_cannot_be_decoded_is_counted(platform: Platform) -> None:
    parcel = replace(delivery(joiner(STORE)).parcel, body=b"?")
    broken = EmbeddedDelivery(parcel, asyncio.get_running_loop().create_future())
    await platform.handler.handle([broken])
    assert samples(platform.metrics, "muster_undecodable_events_total") == {(): 1}


async def test_what_stands_refused_or_failed_is_looked_up(platform: Platform) -> None:
    await platform.poison(transient=False)
    await _handle(platform, joiner(STORE), joiner(STORE, ADA, "namesake"))
    await _handle(platform, joiner(STORE, "poisoned@acme.test", "poisoned"))
    await _observe(platform)
    assert samples(platform.metrics, "muster_standing_refusals") == {("conflict",): 1}
    assert samples(platform.metrics, "muster_standing_failures") == {("permanent",): 1}
    assert samples(platform.metrics, "muster_consumer_connected") == {(): 1}
    async with platform.database.write() as db:
        await db.exec_driver_sql("DROP TABLE refusals")
    await _observe(platform)
    standing = samples(platform.metrics, "muster_standing_refusals").values()
    assert all(count != count for count in standing), "what is not known is not a number"  # noqa: PLR0124


async def test_nothing_personal_is_logged_or_measured(platform: Platform) -> None:
    await platform.poison(transient=False)
    person = joiner(STORE, "ada.secret@acme.test")
    failing = joiner(STORE, "eve.secret@acme.test", "poisoned")
    with capture_logs() as log:
        await _handle(platform, person, joiner(STORE, "ada.secret@acme.test", "namesake"))
        await _handle(platform, failing)
        await platform.replan()
    assert log
    assert "secret" not in json.dumps(log)
    assert "secret" not in str(list(platform.metrics.collect()))


async def _observe(platform: Platform) -> None:
    metrics = platform.handler.reports.metrics
    await WorkerObservations(metrics, platform.database, EmbeddedTransport()).observe()
