"""Which trace has work that no HTTP request caused? Each piece of it gets a new one."""

import uuid

from contracts.identity_changed import Trace


def new_trace() -> Trace:
    """Return a trace with a correlation id that nothing else has."""
    return Trace(correlation_id=uuid.uuid4().hex)
