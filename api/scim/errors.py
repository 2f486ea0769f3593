"""Which SCIM error does an error become? One tree, and one place that turns anything into it."""

import structlog
from scim2_models import SCIMException

from api.fairness.slots import NoSlot
from api.retries import is_away, is_conflict
from contracts.error_summary import error_summary

LOG = structlog.get_logger(__name__)


class Later(SCIMException):
    """The request is in order, and sending it again after a while is safe.

    ``seconds`` is that while: an integer, because not every provider understands a date.
    """

    seconds = 5


class TryAgainLater(Later):
    """Others were in the way at every try."""

    status = 503
    _default_detail = "The directory cannot answer just now; try again"


class DirectoryAway(TryAgainLater):
    """The database is away, or too busy to answer in time; the next request fares no better."""


class SearchTooSlow(TryAgainLater):
    """A search has taken as long as one may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            detail=f"The search took longer than {seconds:g} seconds; ask for less, or in a"
            " narrower filter: userName and externalId are looked up at once"
        )


class TooManyRequests(Later):
    """The connection asks for more than its share (RFC 6585 section 4)."""

    status = 429
    seconds = 2
    _default_detail = "This connection sends too much at once; wait, then send fewer in parallel"


class TargetTooLong(SCIMException):
    """The URL is longer than a URL may be."""

    status = 414
    _default_detail = "The URL is too long; send a search as a body, to .search"


class BodyTooSlow(SCIMException):
    """The body did not arrive in time."""

    status = 408
    _default_detail = "The body did not arrive in time; send it faster, or less of it"


class BodyCutShort(SCIMException):
    """The client hung up in the middle of the body. Nobody reads the answer, but it is counted."""

    status = 400
    _default_detail = "The body ended early; send all of it"


class HungUp(SCIMException):
    """The client did not wait for the answer. Nobody reads this one, but it is counted."""

    status = 400
    _default_detail = "The client hung up"


def as_scim(error: Exception) -> Exception:
    """Return the SCIM error for an error; an unknown one is logged by type and place.

    Never by its text, which may quote what belongs to a person. Unknown ones become a bare 500.
    """
    if isinstance(error, SCIMException):
        return error
    if isinstance(error, NoSlot):
        return TooManyRequests()
    if is_away(error):
        LOG.warning("database_away", error=type(error).__name__)
        return DirectoryAway()
    if is_conflict(error):
        LOG.warning("every_try_lost", error=type(error).__name__)
        return TryAgainLater()
    LOG.error("request_failed", **error_summary(error))
    return error


def forget(error: BaseException | None) -> None:
    """Let go of what an error that was answered refers to: a body of megabytes, and what it said.

    Errors and frames refer to each other, so that only a search for garbage would find them.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
