"""Does one trace lead from a request to the device, by processes and a broker that is away?"""

from dataclasses import replace

from contracts.tracing import SpanName
from tests.drivers.installation import Installation
from tests.drivers.okta import Tally, app_for
from tests.readings.stored import Stores
from tests.servers.otlp_collector import collecting

RULES = ("--on-create", "create-mdm-employee", "--on-deactivate", "unassign-devices")
OF_BATCHES = {SpanName.RELAY_BATCH, SpanName.WORKER_BATCH}
"""Have traces of their own, because a batch has many causes."""


async def test_a_leaver_is_followed_to_the_device_over_a_broker_that_was_stopped(
    installation: Installation, stores: Stores
) -> None:
    with collecting() as collector:
        told = {"MUSTER_TRACING_ENDPOINT": collector.url, "MUSTER_TRACING_RATIO": "1"}
        traced = replace(installation, more_settings=told)
        opened = await traced.connect("traced", "mdm", *RULES)
        async with (
            traced.apis(1) as origins,
            traced.workers(1),
            app_for(opened, "traced", "mdm", origins, Tally()) as app,
        ):
            person = await app.assign("ada")
            await stores.settled()
            await traced.command("devices", "add", "traced", "SN-1", "--assigned-to", person.email)
            with traced.broker.stopped():
                await app.set_active(person, active=False)
            await stores.settled()

    [request] = [
        it for it in collector.spans if it.attributes.get("muster.operation") == "modify_user"
    ]
    trace = collector.trace(request.trace)
    assert trace.keys() == set(SpanName) - OF_BATCHES
    assert {span.service for spans in trace.values() for span in spans} == {
        "muster-api",
        "muster-worker",
    }
    *refused, published = trace["broker.publish"]
    assert [it.failed for it in refused] == [True] * len(refused)
    assert not published.failed
    [action] = trace["platform.action"]
    assert action.attributes["muster.action"] == "ReleaseDevice"
    assert action.service == "muster-worker"
    assert request.ended <= published.began <= published.ended <= action.ended
    batches = {
        (it.trace, it.id): it.name
        for it in collector.spans
        if (request.trace, request.id) in it.links
    }
    assert set(batches.values()) == OF_BATCHES
    [applied] = trace["worker.event"]
    assert [batches[link] for link in applied.links] == ["worker.batch"]
    assert [batches[link] for it in trace["relay.event"] for link in it.links] == [
        "relay.batch"
    ] * len(trace["relay.event"])
