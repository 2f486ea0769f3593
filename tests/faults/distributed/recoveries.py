"""For what does Muster wait, by plan, once a fault is over? Each fault names its recovery."""

from dataclasses import dataclass

from api import retries as api_retries
from api.outbox import batches, pauses
from contracts.topology import RETRY_DELAYS
from tests.faults.distributed.leavers import Outage
from worker import retries as worker_retries
from worker.rabbitmq import connection as rabbitmq_connection
from worker.rabbitmq import consumer as rabbitmq_consumer


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long leavers may have to wait after a fault, beside the time that they have anyway."""

    delay: float = 0
    """Seconds for which something is put off, however long the fault has lasted."""
    pause: float = 0
    """The longest of the pauses, in seconds, that double while something is away. None of them is
    longer than the time for which it has been away."""
    leases: bool = False
    """Whether marks may be leased by somebody who is dead, or does not know of it."""

    def seconds(self, lasted: float, lease: float = batches.LEASE_SECONDS) -> float:
        """Return how long it takes at most after a fault that has lasted so many seconds.

        :param lease: after how many seconds leases have ended, or were let lapse.
        """
        return max(self.delay, min(self.pause, lasted), lease if self.leases else 0)


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault that has happened: from when till when, in seconds since the epoch."""

    begun: float
    ended: float
    recovery: Recovery

    def outage(self, lapsed: float) -> Outage:
        """Return from when till when it mattered, where leases were let lapse at some time."""
        lease = min(max(0, lapsed - self.ended), batches.LEASE_SECONDS)
        overcome = self.ended + self.recovery.seconds(self.ended - self.begun, lease)
        return Outage(self.begun, overcome)


AT_ONCE = Recovery()

LEASE = Recovery(leases=True)
"""A relay was killed: its marks come free when its lease ends."""

BROKER_BACK = Recovery(
    delay=max(pauses.LONGEST_LOOK, rabbitmq_consumer.RECONNECT_SECONDS), pause=pauses.LONGEST_PAUSE
)
"""The relay looks again, the workers dial again. What was on its way again and again comes after
pauses that double."""

LINE_GIVEN_UP = Recovery(delay=BROKER_BACK.delay + 3 * rabbitmq_connection.HEARTBEAT_SECONDS)
"""A worker notices and dials again; the broker gives up its old line after about three beats, and
delivers again what went there. With a beat each five seconds no NAT forgets a line by itself."""

DIRECTORY_BACK = Recovery(pause=api_retries.LONGEST_PAUSE, leases=True)
"""The relay looks again; a lease whose commit was in doubt has to end."""

DOWNSTREAM_BACK = Recovery(pause=worker_retries.LONGEST_PAUSE)
"""The workers look again."""

DATABASES_BACK = Recovery(
    pause=max(DIRECTORY_BACK.pause, DOWNSTREAM_BACK.pause), leases=DIRECTORY_BACK.leases
)

DIRECTORY_RETRIED = Recovery(pause=api_retries.LONGEST_PAUSE)
"""The relay does again what was rolled back."""

RETRIED = Recovery(delay=RETRY_DELAYS[0])
"""An event that was tried in place in vain comes again from the first tier."""
