"""How is a request followed to its effects? Each piece of work is told to a tracing, as a span.

The traceparent of a request (W3C Trace Context, version 00) stands in every event that the request
causes, and says whether its trace is sampled. Work for one event is a span of that trace. Work for
many events has many causes, and so is a trace of its own with links to them; each of them has spans
of its own beside it, which link back.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol, Self

TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
"""The header of the same name, version 00 of the W3C Trace Context."""

SAMPLED = 0x01
"""The flag of a trace whose spans are kept."""


class SpanName(StrEnum):
    """The pieces of work on the way from a request to the platform, in their order."""

    REQUEST = "scim.request"
    TRANSACTION = "directory.transaction"
    RELAY_BATCH = "relay.batch"
    RELAY_EVENT = "relay.event"
    PUBLISH = "broker.publish"
    WORKER_BATCH = "worker.batch"
    WORKER_EVENT = "worker.event"
    PLAN = "worker.plan"
    ACTION = "platform.action"


Attributes = Mapping[str, str | int | bool | Sequence[str]]
"""The values of a span: ids, counts and words of closed sets, never a value of a person."""


class Span(Protocol):
    """A piece of work that has begun, and is told when it has ended."""

    @property
    def traceparent(self) -> str | None:
        """The traceparent of work that this work causes."""
        ...

    def end(
        self, attributes: Attributes | None = None, *, at: int | None = None, failed: str = ""
    ) -> None:
        """Tell the end.

        :param at: microseconds since the epoch; None: now.
        :param failed: the type of the error that has ended the work, without its text.
        """
        ...


class Tracing(Protocol):
    """The destination of the spans of a process."""

    @property
    def is_on(self) -> bool:
        """Return whether spans go anywhere; if not, no work needs to be told."""
        ...

    def begin_request(self, sent: str | None) -> Span:
        """Begin the span of a request, and decide whether its trace is sampled.

        :param sent: the traceparent that the client has sent, if any. Its trace is continued, but
            its flag decides nothing: strangers do not fill the collector.
        """
        ...

    def begin(
        self,
        name: SpanName,
        parent: str | None,
        *,
        at: int | None = None,
        links: Sequence[str | None] = (),
    ) -> Span:
        """Begin a span below a sampled parent; None begins a trace of its own.

        :param at: microseconds since the epoch; None: now.
        :param links: traceparents of other traces.
        """
        ...


class _Untold:
    """A span that goes nowhere, and hands on what was sent."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def end(
        self, attributes: Attributes | None = None, *, at: int | None = None, failed: str = ""
    ) -> None:
        """Do nothing."""


class Untraced:
    """The tracing of an installation that has none."""

    is_on = False

    def begin_request(self, sent: str | None) -> Span:
        """Return a span that goes nowhere, with the client's own traceparent."""
        return _Untold(sent)

    def begin(
        self,
        name: SpanName,
        parent: str | None,
        *,
        at: int | None = None,
        links: Sequence[str | None] = (),
    ) -> Span:
        """Return a span that goes nowhere."""
        return _Untold(parent)


UNTRACED = Untraced()


def is_sampled(traceparent: str | None) -> bool:
    """Return whether the spans of a trace are kept; False for a text that is no traceparent."""
    if traceparent is None or not TRACEPARENT.fullmatch(traceparent):
        return False
    return bool(int(traceparent[-2:], 16) & SAMPLED)


def unsampled(traceparent: str | None) -> str | None:
    """Return a traceparent without the flag that its trace is sampled."""
    return traceparent and f"{traceparent[:-2]}{int(traceparent[-2:], 16) & ~SAMPLED:02x}"


_NOTHING = nullcontext()


def telling(
    tracing: Tracing,
    name: SpanName,
    parent: str | None,
    attributes: Attributes | None = None,
    *,
    refusals: tuple[type[BaseException], ...] = (),
) -> AbstractContextManager[object]:
    """Return a context whose block is told as a span, if its parent is sampled.

    :param refusals: errors by which the work answers as it should, so that it has not failed.
    """
    if not (tracing.is_on and is_sampled(parent)):
        return _NOTHING
    return _Telling(tracing.begin(name, parent), attributes, refusals)


class _Telling:
    """Ends a span with its block, and names the type of an error that leaves the block."""

    def __init__(
        self,
        span: Span,
        attributes: Attributes | None,
        refusals: tuple[type[BaseException], ...],
    ) -> None:
        self._span = span
        self._attributes = attributes
        self._refusals = refusals

    def __enter__(self) -> Self:
        return self

    def __exit__(self, type_: type[BaseException] | None, *_: object) -> None:
        failed = ""
        if type_ is not None and not issubclass(type_, self._refusals):
            failed = type_.__name__
        self._span.end(self._attributes, failed=failed)
