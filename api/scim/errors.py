"""Which SCIM error does an error become? One tree, and one place that turns anything into it."""

import structlog
from scim2_models import SCIMException

from api.retries import is_away, is_conflict
from contracts.error_places import type_and_places

LOG = structlog.get_logger(__name__)


class TryAgainLater(SCIMException):
    """Others were in the way at every try. Sending it again is safe."""

    status = 503
    _default_detail = "The directory cannot answer just now; try again"


class DirectoryAway(TryAgainLater):
    """The database is away, or too busy to answer in time; whoever comes next fares no better."""


class BodyTooSlow(SCIMException):
    """The body did not arrive in time."""

    status = 408
    _default_detail = "The body did not arrive in time; send it faster, or less of it"


class BodyCutShort(SCIMException):
    """The client hung up in the middle of the body. Nobody reads the answer, but it is counted."""

    status = 400
    _default_detail = "The body ended early; send all of it"


def as_scim(error: Exception) -> Exception:
    """Return the SCIM error for an error; an unknown one is logged by type and place.

    Never by its text, which may quote what belongs to a person. Unknown ones become a bare 500.
    """
    if isinstance(error, SCIMException):
        return error
    if is_away(error):
        LOG.warning("database_away", error=type(error).__name__)
        return DirectoryAway()
    if is_conflict(error):
        LOG.warning("every_try_lost", error=type(error).__name__)
        return TryAgainLater()
    LOG.error("request_failed", **type_and_places(error))
    return error
