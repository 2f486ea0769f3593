"""Do clocks agree? Versions, leases and expiries of all parts compare the times of several. Pure.

``contracts.clock`` bears a difference of a minute. Synchronised clocks differ by far less.
"""

from api.admin.examination import Finding
from contracts.clock import LARGEST_DIFFERENCE
from deploy.doctor.findings import fine, problem, warning

ABOUT = "clock"

NOTABLE_SECONDS = 5.0
LARGEST_SECONDS = LARGEST_DIFFERENCE / 1_000_000


def clock_verdict(place: str, ahead: float) -> Finding:
    """Return the finding about the clock of a server.

    :param place: names the server, at the end of a sentence.
    :param ahead: seconds by which its clock is ahead of the one here; negative: it is behind.
    """
    seconds = abs(ahead)
    if seconds < NOTABLE_SECONDS:
        return fine(ABOUT, f"The clock here agrees with that of {place}.")
    side = "ahead of" if ahead > 0 else "behind"
    tell = problem if seconds > LARGEST_SECONDS else warning
    return tell(
        ABOUT,
        "clocks-differ",
        f"The clock of {place} is {seconds:.0f} s {side} the clock here.",
        "let both machines synchronise their clocks (NTP)",
    )
