"""Do processes become more where there is more to do, and by what?"""

import pytest

from contracts.identities_changed import LARGEST_BUNDLE
from contracts.topology import Lane, Topology
from deploy.broker.users import broker_users
from tests.unit.deploy.helm.chart import EVERY_OPTION, Document, Helm, by_kind, containers_of


def test_numbers_of_replicas_are_left_to_who_scales(
    default: list[Document], full: list[Document]
) -> None:
    for name in ("muster-api", "muster-worker"):
        assert by_kind(default, "Deployment")[name]["spec"]["replicas"] == 2
        assert "replicas" not in by_kind(full, "Deployment")[name]["spec"]


def test_the_api_follows_the_load_of_its_processors(full: list[Document]) -> None:
    (scaler,) = by_kind(full, "HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": "muster-api",
    }
    assert "cpu" in containers_of(full)["api"]["resources"]["requests"], "else it has no meaning"


@pytest.mark.parametrize("prefix", ["muster", "blue"])
def test_workers_follow_what_lies_in_the_lanes(helm: Helm, prefix: str) -> None:
    documents = helm.render({**EVERY_OPTION, "settings": {"MUSTER_BROKER_PREFIX": prefix}})
    (scaler,) = by_kind(documents, "ScaledObject").values()
    assert scaler["spec"]["scaleTargetRef"] == {"name": "muster-worker"}
    topology, events = Topology(prefix), {Lane.URGENT: 100, Lane.BULK: 1000}
    singles = {str(it): _follows(topology.lane(it), events[it]) for it in Lane}
    bundles = {
        f"{it}-bundles": _follows(topology.bundles(it), events[it] // LARGEST_BUNDLE[it])
        for it in Lane
    }
    triggers = {trigger["name"]: trigger["metadata"] for trigger in scaler["spec"]["triggers"]}
    assert triggers == singles | bundles


def _follows(queue: str, messages: int) -> dict[str, str]:
    return {
        "protocol": "amqp",
        "queueName": queue,
        "mode": "QueueLength",
        "value": str(messages),
    }


def test_some_worker_is_always_there_for_the_next_leaver(full: list[Document]) -> None:
    (scaler,) = by_kind(full, "ScaledObject").values()
    assert scaler["spec"]["minReplicaCount"] == 2


def test_a_large_number_of_messages_stays_a_number(helm: Helm) -> None:
    scaling = {"enabled": True, "bulkMessages": 5_000_000}
    (scaler,) = by_kind(helm.render({"worker": {"autoscaling": scaling}}), "ScaledObject").values()
    assert "5000000" in [trigger["metadata"]["value"] for trigger in scaler["spec"]["triggers"]]


def test_the_lanes_are_counted_by_a_user_who_may(full: list[Document]) -> None:
    (authentication,) = by_kind(full, "TriggerAuthentication").values()
    (reference,) = authentication["spec"]["secretTargetRef"]
    (scaler,) = by_kind(full, "ScaledObject").values()
    for trigger in scaler["spec"]["triggers"]:
        assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    (api,) = (
        it["valueFrom"]["secretKeyRef"]
        for it in containers_of(full)["api"]["env"]
        if it["name"] == "MUSTER_BROKER_URL"
    )
    assert reference == {"parameter": "host", **api}
    relay = next(user for user in broker_users(Topology()) if user.name == "muster-relay")
    assert all(Topology().lane(lane) in relay.write.replace("\\", "") for lane in Lane)
