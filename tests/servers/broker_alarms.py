"""How is a broker short of memory, or of disk? It is told that it needs more than there is."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.containers import RunningServer

MEMORY = ("set_vm_memory_high_watermark", "0.000001", "0.6")
DISK = ("set_disk_free_limit", "1000000GB", "1GB")
"""The command, and with what it raises the alarm and ends it; the last as in rabbitmq.conf."""


@contextmanager
def short_of_memory(broker: RunningServer) -> Iterator[None]:
    """Let the broker believe that it has no memory left, until the end."""
    with _short_of("memory", broker, *MEMORY):
        yield


@contextmanager
def short_of_disk(broker: RunningServer) -> Iterator[None]:
    """Let the broker believe that its disk is full, until the end."""
    with _short_of("disk", broker, *DISK):
        yield


@contextmanager
def _short_of(
    what: str, broker: RunningServer, setting: str, alarming: str, harmless: str
) -> Iterator[None]:
    broker.execute("rabbitmqctl", "--quiet", setting, alarming)
    try:
        while what not in broker.execute("rabbitmqctl", "eval", "rabbit_alarm:get_alarms()."):
            pass
        yield
    finally:
        broker.execute("rabbitmqctl", "--quiet", setting, harmless)
