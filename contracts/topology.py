"""Which exchanges, queues and bindings does the transport live on? The topology, as data.

Every argument is one that RabbitMQ 3.10 knows and 4.x still takes, and none is left to a default
that changed between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """The two speeds: leavers overtake everybody else."""

    URGENT = "urgent"
    BULK = "bulk"


RETRY_DELAYS = (5, 30, 120, 600)
"""Seconds that an event waits before each further try, once trying in place has not helped."""

MOST_MESSAGES = 500_000
"""A full lane or tier refuses more: what is not taken waits as a mark in the directory."""

MOST_DEAD_LETTERS = 100_000
"""The oldest make room here: were the newest refused, they would fill the lanes they come from."""

DELIVERY_LIMIT = 50
"""Deliveries without an answer before a message counts as poison; every lost connection is one."""

LOOKING_LIMIT = 1_000_000
"""The same for dead letters, where each look at a message is a delivery that gives it back."""

NOT_APPLIED = "no such exchange or queue: muster topology apply makes them"
"""What who uses the topology says where the broker does not have it."""

# --- what a message carries ---------------------------------------------------------------

CONTENT_TYPE = "application/cloudevents+json"
ATTEMPTS_HEADER = "muster-attempts"
LANE_HEADER = "muster-lane"
REASON_HEADER = "muster-reason"
"""Why somebody put it among the dead letters; where the broker did, its own x-death tells."""

# --- what is declared ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Binding:
    """The exchange and the routing key by which messages come into a queue."""

    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue."""

    name: str
    arguments: Mapping[str, str | int]
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """Everything of one installation. Installations, and tests, share a broker by their prefix."""

    prefix: str = "muster"
    retry_delays: tuple[float, ...] = RETRY_DELAYS
    most_messages: int = MOST_MESSAGES

    @property
    def events(self) -> str:
        """Return the topic exchange to which the relay publishes; others may listen there too."""
        return f"{self.prefix}.identities"

    @property
    def direct(self) -> str:
        """Return the exchange where each queue has its own name as its routing key."""
        return f"{self.prefix}.direct"

    @property
    def dead_letters(self) -> str:
        """Return the queue of what cannot be decoded and of what the delivery limit throws out."""
        return f"{self.prefix}.dead-letters"

    def lane(self, lane: Lane) -> str:
        """Return the queue of a lane."""
        return f"{self.prefix}.{lane}"

    def tier(self, lane: Lane, seconds: float) -> str:
        """Return the queue from which an event is back in its lane after so long, or a bit more.

        What asks for longer than the longest delay gets that one.
        """
        longest = max(self.retry_delays)
        delay = min((delay for delay in self.retry_delays if delay >= seconds), default=longest)
        return f"{self.lane(lane)}.retry-{delay:g}s"

    @staticmethod
    def routing_key(lane: Lane) -> str:
        """Return the routing key of events of a lane on the topic exchange."""
        return f"identity-changed.{lane}"

    @property
    def longest_retry_seconds(self) -> float:
        """Return how long an event may be on its way once a worker has it, with some patience."""
        return 1.1 * sum(self.retry_delays) + 60

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the exchanges, which are declared before the queues."""
        return Exchange(self.events, "topic"), Exchange(self.direct, "direct")

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Return the queues in the order of their declaration.

        A dead letter without a route is tried again only after minutes, so that each queue comes
        after the one to which it dead-letters.
        """
        return (
            self._dead_letter_queue(),
            *(self._lane_queue(lane) for lane in Lane),
            *(self._tier_queue(lane, delay) for lane in Lane for delay in self.retry_delays),
        )

    def _dead_letter_queue(self) -> Queue:
        arguments: dict[str, str | int] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": LOOKING_LIMIT,
            "x-max-length": MOST_DEAD_LETTERS,
            "x-overflow": "drop-head",
        }
        return Queue(self.dead_letters, arguments, (self._own(self.dead_letters),))

    def _lane_queue(self, lane: Lane) -> Queue:
        name = self.lane(lane)
        by_topic = Binding(self.events, self.routing_key(lane))
        return Queue(name, self._then_to(self.dead_letters), (by_topic, self._own(name)))

    def _tier_queue(self, lane: Lane, delay: float) -> Queue:
        # One delay per queue: with a delay per message, a long one at the head holds up the rest.
        name = self.tier(lane, delay)
        arguments = self._then_to(self.lane(lane)) | {"x-message-ttl": round(delay * 1000)}
        return Queue(name, arguments, (self._own(name),))

    def _own(self, queue: str) -> Binding:
        return Binding(self.direct, queue)

    def _then_to(self, queue: str) -> dict[str, str | int]:
        """Return the arguments of a queue that loses nothing on the way to the next one."""
        return {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-max-length": self.most_messages,
            "x-overflow": "reject-publish",  # at-least-once asks for it
            "x-dead-letter-exchange": self.direct,
            "x-dead-letter-routing-key": queue,
            "x-dead-letter-strategy": "at-least-once",
        }
