"""Which SCIM error does an error become? This module holds the tree and the one translation."""

import structlog
from scim2_models import SCIMException

from api.fairness.slots import NoSlot
from api.retries import is_away, is_conflict
from contracts.error_summary import error_summary
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)


class Retryable(SCIMException):
    """The request is in order, and may be sent again after a pause.

    ``seconds`` is the pause: an integer, because not every provider understands a date.
    """

    seconds = 5


class TryAgainLater(Retryable):
    """Other transactions were in the way at every try."""

    status = 503
    _default_detail = "The directory cannot answer just now; try again"


class DirectoryAway(TryAgainLater):
    """The database is away, or too busy to answer in time; the next request fares no better."""


class SearchTooSlow(TryAgainLater):
    """The search has taken the time that a search may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            detail=f"The search took longer than {seconds:g} seconds; ask for less, or in a"
            " narrower filter: userName and externalId are looked up at once"
        )


class TooManyRequests(Retryable):
    """The connection asks for more than its share (RFC 6585 section 4)."""

    status = 429
    seconds = 2
    _default_detail = "This connection sends too much at once; wait, then send fewer in parallel"


class RateExceeded(Retryable):
    """The connection sends more than its rate, and has to wait so many whole seconds."""

    status = 429
    _default_detail = "This connection sends more than its rate; wait, then send more slowly"

    def __init__(self, seconds: int = Retryable.seconds) -> None:
        super().__init__()
        self.seconds = seconds


class TargetTooLong(SCIMException):
    """The URL is longer than the server takes (RFC 9110 section 15.5.15)."""

    status = 414
    _default_detail = "The URL is too long; send a search as a body, to .search"


class BodyTooSlow(SCIMException):
    """The body did not arrive in time (RFC 9110 section 15.5.9)."""

    status = 408
    _default_detail = "The body did not arrive in time; send it faster, or less of it"


class BodyCutShort(SCIMException):
    """The client hung up in the middle of the body; the answer is only counted, never read."""

    status = 400
    _default_detail = "The body ended early; send all of it"


class HungUp(SCIMException):
    """The client did not wait for the answer, which is only counted, never read."""

    status = 400
    _default_detail = "The client hung up"


REFUSALS = (SCIMException, NoSlot)
"""Errors by which Muster refuses a request, as it should: the work that they end has not failed."""


def as_scim(error: Exception) -> Exception:
    """Return the SCIM error for an error; an unknown error is returned as it is, for a bare 500.

    Unknown errors are logged by type and source location, never by their text, which may quote
    personal data.
    """
    if isinstance(error, SCIMException):
        return error
    if isinstance(error, NoSlot):
        return TooManyRequests()
    if is_away(error):
        LOG.warning("database_away", error=told_of(error))
        return DirectoryAway()
    if is_conflict(error):
        LOG.warning("every_try_lost", error=told_of(error))
        return TryAgainLater()
    LOG.error("request_failed", **error_summary(error))
    return error


def drop_tracebacks(error: BaseException | None) -> None:
    """Release the frames of an answered error, which may hold a body of megabytes.

    Errors and frames refer to each other, so that only the garbage collector would free them.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
