"""What is counted of a listener's connections? How many are open, and which were ended, and why."""

from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge


class Ending(StrEnum):
    """Why Muster ended a connection before its client did; idle ones between requests apart."""

    LATE = "late"
    """The head of a request, or the rest of an answered one, did not come in time."""

    UNREAD = "unread"
    """The client did not take its answer."""

    GAVE_WAY = "gave_way"
    """It was the idlest one when another came."""

    NO_ROOM = "no_room"
    """No other connection could give way to it: answered with 503."""


class HttpMetrics:
    """The metrics of one listener, in the registry that its process serves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._open = Gauge(
            "muster_http_connections",
            "Connections that clients of the api have open.",
            registry=registry,
        )
        self._ended = Counter(
            "muster_http_connections_ended",
            "Connections that were ended before their clients did so, by why.",
            ["reason"],
            registry=registry,
        )
        for ending in Ending:
            self._ended.labels(ending)

    def look_at(self, number: Callable[[], int]) -> None:
        """Ask for the number of open connections whenever somebody scrapes."""
        self._open.set_function(number)

    def ended(self, ending: Ending) -> None:
        """Count a connection that is ended."""
        self._ended.labels(ending).inc()
