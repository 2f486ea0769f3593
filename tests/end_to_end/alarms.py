"""How does a broker come to block publishers? By an alarm of memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.containers import RunningServer


@contextmanager
def short_of_memory(broker: RunningServer) -> Iterator[None]:
    """Let the broker believe that it has no memory left, until the end."""
    set_mark = ("rabbitmqctl", "--quiet", "set_vm_memory_high_watermark")
    broker.execute(*set_mark, "0.000001")
    try:
        while "memory" not in broker.execute("rabbitmqctl", "eval", "rabbit_alarm:get_alarms()."):
            pass
        yield
    finally:
        broker.execute(*set_mark, "0.6")
