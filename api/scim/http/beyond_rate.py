"""What becomes of a request beyond the rate? It is refused, unless it may be that of a leaver.

A refusal looks at no database, and so is cheap. Leavers have a reserve, so that an import never
keeps a deactivation waiting. The method of a request, its path and, as cheaply, its body tell
whether it may be a leaver's. The look may err, because the reserve has a rate of its own.
"""

from dataclasses import dataclass

from api.fairness.rate_bucket import retry_after
from api.fairness.rates import Rates
from api.scim.errors import RateExceeded

OF_A_USER = "Users/"
CHANGING = {"PATCH", "PUT", "DELETE"}


@dataclass(frozen=True, slots=True)
class BeyondRate:
    """A request beyond the rate that may be a leaver's, and the seconds that others wait."""

    rates: Rates
    connection: str
    wait: float

    @classmethod
    def of(
        cls, rates: Rates | None, connection: str, method: str, path: str
    ) -> "BeyondRate | None":
        """Return None for a request within the rate.

        :param path: below the base URL, without a slash at its beginning.
        :raises RateExceeded: when it is beyond the rate, and is no leaver's.
        """
        wait = 0.0 if rates is None else rates.take(connection)
        if rates is None or not wait:
            return None
        beyond = cls(rates, connection, wait)
        if method not in CHANGING or not path.startswith(OF_A_USER):
            raise beyond.refused("rate")
        return beyond

    def check_leaving(self, method: str, body: bytes) -> None:
        """Check that a request may be a leaver's, and take it from their reserve.

        :raises RateExceeded: when it is no leaver's, or the reserve is used up as well.
        """
        if method != "DELETE" and not may_deactivate(body):
            raise self.refused("rate")
        if not self.rates.take_reserve(self.connection):
            raise self.refused("rate_of_leavers")

    def refused(self, share: str) -> RateExceeded:
        """Count a refusal by what is used up, and return its error."""
        self.rates.refusals.labels(share).inc()
        return RateExceeded(retry_after(self.wait))


def may_deactivate(body: bytes) -> bool:
    """Return whether the body of a PATCH or a PUT may set ``active`` to false, in any form.

    All of it is looked through: its size has a limit, and a leaver's profile may be large.
    """
    lower = body.lower()
    return b"active" in lower and b"false" in lower
