"""Which trace is shown beside a measured time? It is the trace of its request, if that is sampled.

Prometheus keeps such an exemplar for each bucket of a histogram, and Grafana links it to the trace.
"""

import re

SAMPLED = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f][13579bdf]")
"""A traceparent (W3C Trace Context, version 00) whose last bit says that the trace is recorded."""


def exemplar_of(traceparent: str | None) -> dict[str, str] | None:
    """Return the labels of an exemplar, which name a trace; None unless the trace is sampled."""
    found = SAMPLED.fullmatch(traceparent) if traceparent else None
    return {"trace_id": found[1]} if found else None
