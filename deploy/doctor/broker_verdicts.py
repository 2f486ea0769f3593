"""Can Muster work with the broker? The observations are judged here. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from api.admin.examination import Finding
from contracts.topology import Lane, Topology
from deploy.broker.users import BrokerUser, broker_users
from deploy.doctor.findings import fine, problem, warning

ABOUT = "broker"

Right = Literal["configure", "write", "read"]

REFUSED = re.compile(r"(?:(configure|write|read) )?access to (?:queue|exchange) '([^']+)'")
"""The part of RabbitMQ's answer that names an exchange or a queue to which a user has no right.

Only newer versions name the right as well.
"""

PARTS = {
    "muster-topology": "operators",
    "muster-relay": "an api or a relay",
    "muster-worker": "a worker",
}
"""The parts for which the users of MUSTER_BROKER_URL are meant, by the users' names."""

APPLY = "muster topology apply, as a user that may configure"


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """A queue as the broker tells it: the numbers of ready messages and of consumers."""

    messages: int
    consumers: int


@dataclass(frozen=True, slots=True)
class BrokerSeen:
    """The observations of a session with the broker.

    :param queues: the queues that are there, by their names.
    :param missing: the names of exchanges and queues that are not.
    :param different: the names of those that are declared in another way.
    :param refused: the rights that the user does not have, each with the name it is for.
    """

    queues: Mapping[str, QueueSeen] = field(default_factory=dict)
    missing: Sequence[str] = ()
    different: Sequence[str] = ()
    refused: frozenset[tuple[Right, str]] = frozenset()


def refusal_in(text: str, asked: Mapping[str, Right]) -> tuple[Right, str] | None:
    """Return the right and the name in RabbitMQ's words for a refusal; None for other words.

    :param asked: the right that was asked for, by the names of exchanges and queues.
    """
    found = REFUSED.search(text)
    if found is None or found[2] not in asked:
        return None
    right: Right = found[1] or asked[found[2]]  # type: ignore[assignment]  # no other word matches
    return right, found[2]


def broker_verdicts(topology: Topology, seen: BrokerSeen, security: str) -> Sequence[Finding]:
    """Return the findings about a broker that answers.

    :param security: how the connection to it is secured, in words that follow an answer.
    """
    wrong = [*_topology(topology, seen), *_rights(topology, seen), *_messages(topology, seen)]
    if any(finding.code in {"topology-missing", "topology-differs"} for finding in wrong):
        return [fine(ABOUT, f"The broker answers, {security}."), *wrong]
    complete = f"The broker answers, {security}, and has all exchanges and queues."
    return [fine(ABOUT, complete), *wrong]


def _topology(topology: Topology, seen: BrokerSeen) -> Iterator[Finding]:
    number = len(topology.exchanges) + len(topology.queues)
    if seen.missing:
        named = ", ".join(seen.missing[:3])
        yield problem(
            ABOUT,
            "topology-missing",
            f"The broker lacks {len(seen.missing)} of {number} exchanges and queues, such as"
            f" {named}.",
            f"{APPLY}; or set MUSTER_BROKER_PREFIX to the one that is in use",
        )
    if seen.different:
        named = ", ".join(seen.different[:3])
        yield problem(
            ABOUT,
            "topology-differs",
            f"On the broker {named} is declared in another way than this version does it.",
            f"delete it once it is empty, then {APPLY}",
        )


def _rights(topology: Topology, seen: BrokerSeen) -> Iterator[Finding]:
    """Yield what is wrong with the rights, of which each task needs its own."""
    if not seen.refused:
        return
    parts = [user for user in broker_users(topology) if user.name in PARTS]
    able = [user for user in parts if not _lacks(user, seen)]
    right, name = min(seen.refused)
    refusal = f"this user may not {right} {name}"
    if not able:
        yield problem(
            ABOUT,
            "no-rights",
            f"The user of MUSTER_BROKER_URL can do the work of no part: {refusal}.",
            "give it the rights of a part (muster topology users lists them), or name another one",
        )
        return
    named = " and of ".join(PARTS[user.name] for user in able)
    yield warning(
        ABOUT,
        "rights-of-a-part",
        f"The user of MUSTER_BROKER_URL has the rights of {named} only: {refusal}.",
        "nothing, if only such a part uses this URL; else name a user with more rights",
    )


def _lacks(user: BrokerUser, seen: BrokerSeen) -> bool:
    """Return whether rights are missing that a user for a task is given."""
    given = {"configure": user.configure, "write": user.write, "read": user.read}
    return any(re.search(given[right], name) for right, name in seen.refused)


def _messages(topology: Topology, seen: BrokerSeen) -> Iterator[Finding]:
    letters = seen.queues.get(topology.dead_letters)
    if letters is not None and letters.messages:
        yield warning(
            ABOUT,
            "dead-letters",
            f"{letters.messages} messages lie among the dead letters.",
            "muster dead-letters list, then see docs/runbooks/MusterDeadLetters.md",
        )
    lanes = {name: it for name, it in seen.queues.items() if name in _lanes(topology)}
    waiting = sum(it.messages for it in lanes.values())
    if waiting and not any(it.consumers for it in lanes.values()):
        yield problem(
            ABOUT,
            "no-worker",
            f"{waiting} messages wait on the broker, and no worker takes them.",
            "start a worker, and see its log",
        )


def _lanes(topology: Topology) -> frozenset[str]:
    return frozenset(
        name for lane in Lane for name in (topology.lane(lane), topology.bundles(lane))
    )
