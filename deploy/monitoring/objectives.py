"""What does Muster promise, and when is a promise at risk? Two objectives hold over thirty days.

The alerts are those of the SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts": a long
window shows that the loss matters, a short one that it goes on. A burn of 1 spends exactly the
budget of thirty days in thirty days.
"""

from dataclasses import dataclass

from deploy.monitoring.installations import total
from deploy.monitoring.pace import DAY, HOUR, MINUTE, Pace

PERIOD = 30 * DAY


@dataclass(frozen=True, slots=True)
class Objective:
    """The share of events that has to be good. ``good`` and ``all`` select counters of events."""

    name: str
    target: float
    good: str
    all: str
    promise: str

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return round(1 - self.target, 6)

    def bad(self, window: int) -> str:
        """Return the name of the recorded share of bad events in a window of so many seconds."""
        return f"muster:{self.name}_bad:ratio_rate{Pace().duration(window)}"

    def bad_share(self, window: str) -> str:
        """Return the query for the share of bad events of each installation.

        An installation without a good event has no series of them: it counts as 0.
        """
        every = total(f"rate({self.all}[{window}])")
        good = total(f"rate({self.good}[{window}])")
        return f"1 - ({good} or 0 * {every}) / {every}"


ANSWERS = Objective(
    name="answers",
    target=0.999,
    good='muster_scim_request_duration_seconds_bucket{le="0.5", status!~"500|502|503|504"}',
    all="muster_scim_request_duration_seconds_count",
    promise="99.9 % of SCIM requests are answered without a server error and within 500 ms",
)
"""501, the answer to /Me, is no error of the server."""

LEAVERS = Objective(
    name="leavers",
    target=0.99,
    good='muster_sync_lag_seconds_bucket{lane="urgent", le="5.0"}',
    all='muster_sync_lag_seconds_count{lane="urgent"}',
    promise="99 % of leavers are applied downstream within 5 s",
)

OBJECTIVES = (ANSWERS, LEAVERS)


@dataclass(frozen=True, slots=True)
class Burn:
    """A rate of spending, as a multiple of the allowed one, over two windows (seconds)."""

    factor: float
    long: int
    short: int
    severity: str


BURNS = (
    Burn(14.4, HOUR, 5 * MINUTE, "page"),  # 2 % of the budget in an hour
    Burn(6, 6 * HOUR, 30 * MINUTE, "page"),  # 5 % of it in six hours
    Burn(1, 3 * DAY, 6 * HOUR, "ticket"),  # 10 % of it in three days
)

WINDOWS = (*sorted({window for burn in BURNS for window in (burn.long, burn.short)}), PERIOD)
