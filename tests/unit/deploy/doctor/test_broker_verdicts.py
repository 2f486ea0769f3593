"""What is said of a broker, and of the rights that a user has there?"""

import re
from collections.abc import Iterator

import pytest

from api.admin.examination import Result
from contracts.topology import Lane, Topology
from deploy.broker.users import BrokerUser, broker_users
from deploy.doctor.broker_verdicts import (
    BrokerSeen,
    QueueSeen,
    Right,
    broker_verdicts,
    refusal_in,
)

TOPOLOGY = Topology("muster")
QUEUES = {queue.name: QueueSeen(0, 1) for queue in TOPOLOGY.queues}


def refused_to(user: BrokerUser) -> Iterator[tuple[Right, str]]:
    """Yield the rights that are asked for and that a user does not have."""
    events, direct = (exchange.name for exchange in TOPOLOGY.exchanges)
    lanes = [name for lane in Lane for name in (TOPOLOGY.lane(lane), TOPOLOGY.bundles(lane))]
    asked: list[tuple[Right, str]] = [
        *(("configure", name) for name in (events, direct, *QUEUES)),
        *(("write", name) for name in (events, direct)),
        *(("read", name) for name in (events, direct, *lanes)),
    ]
    given = {"configure": user.configure, "write": user.write, "read": user.read}
    for right, name in asked:
        if not re.search(given[right], name):
            yield right, name


def told(seen: BrokerSeen) -> list[tuple[str, Result]]:
    """Return the codes and results of what is not well."""
    found = broker_verdicts(TOPOLOGY, seen, "without TLS")
    return [(it.code, it.result) for it in found if it.result is not Result.OK]


def test_a_broker_with_everything_is_fine() -> None:
    assert told(BrokerSeen(QUEUES)) == []


*PARTS, CONSUMER = broker_users(TOPOLOGY)


@pytest.mark.parametrize("user", PARTS, ids=lambda user: user.name)
def test_the_rights_of_a_part_are_told_as_such(user: BrokerUser) -> None:
    seen = BrokerSeen(QUEUES, refused=frozenset(refused_to(user)))
    whole = user.name == "muster-topology"
    assert told(seen) == ([] if whole else [("rights-of-a-part", Result.WARNING)])
    text = " ".join(it.says for it in broker_verdicts(TOPOLOGY, seen, "without TLS"))
    assert ("of a worker only" in text) == (user.name == "muster-worker")
    assert ("of an api or a relay only" in text) == (user.name == "muster-relay")


@pytest.mark.parametrize("user", [BrokerUser("ada"), CONSUMER], ids=lambda user: user.name)
def test_a_user_that_can_do_the_work_of_no_part_is_a_problem(user: BrokerUser) -> None:
    seen = BrokerSeen(QUEUES, refused=frozenset(refused_to(user)))
    assert told(seen) == [("no-rights", Result.PROBLEM)]


def test_what_is_missing_or_different_is_named() -> None:
    seen = BrokerSeen({}, missing=["muster.bulk"], different=["muster.urgent"])
    assert told(seen) == [
        ("topology-missing", Result.PROBLEM),
        ("topology-differs", Result.PROBLEM),
    ]


def test_messages_that_nobody_takes_are_told() -> None:
    letters = QUEUES | {TOPOLOGY.dead_letters: QueueSeen(3, 0)}
    assert told(BrokerSeen(letters)) == [("dead-letters", Result.WARNING)]
    waiting = {name: QueueSeen(1, 0) for name in QUEUES if "dead" not in name}
    assert told(BrokerSeen(waiting)) == [("no-worker", Result.PROBLEM)]
    taken = waiting | {TOPOLOGY.lane(Lane.BULK): QueueSeen(1, 1)}
    assert told(BrokerSeen(taken)) == []


def test_a_refusal_is_read_from_the_words_of_the_broker() -> None:
    asked: dict[str, Right] = {"muster.bulk": "read", "muster.direct": "write"}
    newer = "ACCESS_REFUSED - read access to queue 'muster.bulk' in vhost '/' refused for user 'a'"
    assert refusal_in(newer, asked) == ("read", "muster.bulk")
    older = "ACCESS_REFUSED - access to exchange 'muster.direct' in vhost '/' refused for user 'a'"
    assert refusal_in(older, asked) == ("write", "muster.direct")
    assert refusal_in("ACCESS_REFUSED - queue 'x' in vhost '/' in exclusive use", asked) is None
    assert refusal_in("ACCESS_REFUSED - access to queue 'another' refused", asked) is None
