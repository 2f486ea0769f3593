"""Which exchanges, queues and bindings does the transport use? The topology lists them as data.

RabbitMQ 3.10 to 4.x take every argument, and no argument is left to a default that changed between
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """The two urgencies of events: deactivations and deletions overtake all other changes."""

    URGENT = "urgent"
    BULK = "bulk"


RETRY_DELAYS = (5, 30, 120, 600)
"""Seconds that an event waits before each further attempt, once retries in place have failed."""

MOST_MESSAGES = 500_000
"""Messages of a lane or tier. A full one refuses more, which wait as marks in the directory."""

MOST_BUNDLE_BYTES = 512 * 1024 * 1024
"""Bytes of a lane's bundles: about those of as many single events as a lane may have."""

MOST_DEAD_LETTERS = 100_000
"""A full queue drops the oldest: were the newest refused, they would fill the lanes they left."""

DELIVERY_LIMIT = 50
"""Deliveries without an answer before a message counts as poison; each lost connection counts."""

DEAD_LETTER_DELIVERY_LIMIT = 1_000_000
"""The same for dead letters, where each inspection is a delivery that returns the message."""

TOPOLOGY_NOT_APPLIED = "no such exchange or queue: muster topology apply makes them"
"""The message shown when an exchange or a queue is missing on the broker."""

# --- properties and headers of messages ---------------------------------------------------

CONTENT_TYPE = "application/cloudevents+json"
BUNDLE_CONTENT_TYPE = "application/cloudevents-batch+json"
ATTEMPTS_HEADER = "muster-attempts"
LANE_HEADER = "muster-lane"
REASON_HEADER = "muster-reason"
"""The reason why a worker or an operator dead-lettered it; the broker's own is in ``x-death``."""

# --- declarations -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Binding:
    """The exchange and the routing key from which a queue gets messages."""

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
    """All names and queues of one installation. Installations share a broker by their prefixes."""

    prefix: str = "muster"
    retry_delays: tuple[float, ...] = RETRY_DELAYS
    most_messages: int = MOST_MESSAGES

    @property
    def events(self) -> str:
        """Return the name of the topic exchange for events; other systems may bind to it."""
        return f"{self.prefix}.identities"

    @property
    def direct(self) -> str:
        """Return the name of the exchange where each queue's routing key is the queue's name."""
        return f"{self.prefix}.direct"

    @property
    def dead_letters(self) -> str:
        """Return the name of the queue for messages that are undecodable or delivered too often."""
        return f"{self.prefix}.dead-letters"

    @property
    def of_consumers(self) -> str:
        """Return how the names of queues of other systems begin, of which Muster declares none."""
        return f"{self.prefix}.consumer."

    def lane(self, lane: Lane) -> str:
        """Return the name of a lane's queue."""
        return f"{self.prefix}.{lane}"

    def bundles(self, lane: Lane) -> str:
        """Return the name of the queue for a lane's bundles, which versions before 1.2 never read.

        Workers of a lane take bundles in smaller numbers than single events, so that each has its
        own queue.
        """
        return f"{self.lane(lane)}.bundles"

    def tier(self, lane: Lane, seconds: float) -> str:
        """Return the name of the queue that returns an event to its lane after so many seconds.

        The tier has the shortest sufficient delay, or else the longest delay of all.
        """
        longest = max(self.retry_delays)
        delay = min((delay for delay in self.retry_delays if delay >= seconds), default=longest)
        return f"{self.lane(lane)}.retry-{delay:g}s"

    @staticmethod
    def routing_key(lane: Lane) -> str:
        """Return the routing key of events of a lane on the topic exchange."""
        return f"identity-changed.{lane}"

    @staticmethod
    def bundles_routing_key(lane: Lane) -> str:
        """Return the routing key of bundles of a lane on the topic exchange."""
        return f"identities-changed.{lane}"

    @property
    def longest_retry_seconds(self) -> float:
        """Return how many seconds the retries of an event may take, with a margin."""
        return 1.1 * sum(self.retry_delays) + 60

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Return the exchanges, to be declared before the queues."""
        return Exchange(self.events, "topic"), Exchange(self.direct, "direct")

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Return the queues in the order of their declaration.

        A queue is declared after the one that it dead-letters to: the broker repeats dead-lettering
        without a route only after minutes.
        """
        return (
            self._dead_letter_queue(),
            *(self._lane_queue(lane) for lane in Lane),
            *(self._bundle_queue(lane) for lane in Lane),
            *(self._tier_queue(lane, delay) for lane in Lane for delay in self.retry_delays),
        )

    def _dead_letter_queue(self) -> Queue:
        arguments: dict[str, str | int] = {
            "x-queue-type": "quorum",
            "x-delivery-limit": DEAD_LETTER_DELIVERY_LIMIT,
            "x-max-length": MOST_DEAD_LETTERS,
            "x-overflow": "drop-head",
        }
        return Queue(self.dead_letters, arguments, (self._direct_binding(self.dead_letters),))

    def _lane_queue(self, lane: Lane) -> Queue:
        name = self.lane(lane)
        by_topic = Binding(self.events, self.routing_key(lane))
        arguments = self._dead_lettering_to(self.dead_letters)
        return Queue(name, arguments, (by_topic, self._direct_binding(name)))

    def _bundle_queue(self, lane: Lane) -> Queue:
        by_topic = Binding(self.events, self.bundles_routing_key(lane))
        arguments = self._dead_lettering_to(self.dead_letters)
        arguments["x-max-length-bytes"] = MOST_BUNDLE_BYTES
        name = self.bundles(lane)
        return Queue(name, arguments, (by_topic, self._direct_binding(name)))

    def _tier_queue(self, lane: Lane, delay: float) -> Queue:
        # Each delay has a queue: with delays per message, a long one at the head holds up the rest.
        name = self.tier(lane, delay)
        ttl = {"x-message-ttl": round(delay * 1000)}
        arguments = self._dead_lettering_to(self.lane(lane)) | ttl
        return Queue(name, arguments, (self._direct_binding(name),))

    def _direct_binding(self, queue: str) -> Binding:
        return Binding(self.direct, queue)

    def _dead_lettering_to(self, queue: str) -> dict[str, str | int]:
        """Return the arguments of a queue that dead-letters to another one at least once."""
        return {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-max-length": self.most_messages,
            "x-overflow": "reject-publish",  # at-least-once dead-lettering requires it
            "x-dead-letter-exchange": self.direct,
            "x-dead-letter-routing-key": queue,
            "x-dead-letter-strategy": "at-least-once",
        }
