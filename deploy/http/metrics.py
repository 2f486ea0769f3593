"""Which metrics has a listener? They count its open connections, and those that Muster ended."""

from collections.abc import Callable
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge


class Ending(StrEnum):
    """The reason why Muster ended a connection. The time-out between requests is not counted."""

    LATE = "late"
    """The head of a request, or the rest of an answered one, did not come in time; or the rest of a
    request before the process ended."""

    UNREAD = "unread"
    """The client did not take its answer."""

    GAVE_WAY = "gave_way"
    """The connection was the idlest one when another came."""

    NO_ROOM = "no_room"
    """No other connection could give way to this one, which was answered with 503."""


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

    def count_open_with(self, number: Callable[[], int]) -> None:
        """Call a function for the number of open connections at each scrape."""
        self._open.set_function(number)

    def ended(self, ending: Ending) -> None:
        """Count a connection that Muster ends."""
        self._ended.labels(ending).inc()
