"""May each user of the broker do what its task needs, and nothing else?"""

import base64
import hashlib
import re

import pytest

from contracts.topology import Lane, Topology
from deploy.broker.users import BrokerUser, broker_users, definitions

TOPOLOGY = Topology()
OPERATOR, RELAY, WORKER, CONSUMER = broker_users(TOPOLOGY)
NAMES = [
    *(exchange.name for exchange in TOPOLOGY.exchanges),
    *(queue.name for queue in TOPOLOGY.queues),
]
OF_OTHERS = [
    *("amq.default", "amq.topic", "other.urgent"),
    *("muster-2.urgent", "musterXurgent", "x.muster.urgent"),
]


def may(right: str) -> list[str]:
    """Return what a pattern lets touch; RabbitMQ looks for it anywhere in the name."""
    return [name for name in NAMES + OF_OTHERS if re.search(right, name)]


def test_the_operator_may_do_everything_with_what_is_musters() -> None:
    assert may(OPERATOR.configure) == may(OPERATOR.write) == may(OPERATOR.read) == NAMES


def test_the_relay_may_only_write_events_and_count_what_lies_in_queues() -> None:
    assert may(RELAY.configure) == may(RELAY.read) == []
    assert may(RELAY.write) == [TOPOLOGY.events, *(queue.name for queue in TOPOLOGY.queues)]


def test_the_worker_may_read_the_lanes_and_write_to_retry_tiers_and_dead_letters() -> None:
    assert may(WORKER.configure) == []
    lanes = [TOPOLOGY.lane(lane) for lane in Lane]
    assert may(WORKER.read) == [*lanes, *(TOPOLOGY.bundles(lane) for lane in Lane)]
    assert may(WORKER.write) == [TOPOLOGY.direct]


def test_a_consumer_has_queues_of_its_own_and_only_the_events_to_bind_them_to() -> None:
    assert may(CONSUMER.configure) == may(CONSUMER.write) == []
    assert may(CONSUMER.read) == [TOPOLOGY.events]
    own = "muster.consumer.hr"
    for right in (CONSUMER.configure, CONSUMER.write, CONSUMER.read, OPERATOR.configure):
        assert re.search(right, own)


def test_nobody_but_these_is_on_the_broker() -> None:
    loaded = definitions(dict.fromkeys(broker_users(TOPOLOGY), "secret"))
    assert [user["name"] for user in loaded["users"]] == [
        "muster-topology",
        "muster-relay",
        "muster-worker",
        "muster-consumer",
    ]
    assert all(user["tags"] == [] for user in loaded["users"])


@pytest.mark.parametrize("password", ["secret", "another"])
def test_the_hash_is_salted_and_fits_the_password(password: str) -> None:
    [user] = definitions({BrokerUser("ada"): password})["users"]
    decoded = base64.b64decode(user["password_hash"])
    salt, hashed = decoded[:4], decoded[4:]
    assert hashed == hashlib.sha256(salt + password.encode()).digest()
    assert password not in str(user)
