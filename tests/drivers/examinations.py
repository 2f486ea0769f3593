"""What does an installation look like to tests of the api? It has one finding, and no servers."""

from api.admin.examination import Examined, Finding, Result

EXAMINED = Examined(
    {"directory": "muster.sqlite3", "api": "https://muster.test"},
    [Finding("settings", Result.WARNING, "no-sweep", "Nothing is swept.", "unset it")],
)


async def one_finding() -> Examined:
    """Examine nothing."""
    return EXAMINED
