"""What does an examination look at, and for how long? All checks run at once, each with a limit."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from api.admin.examination import Finding
from contracts.error_summary import error_summary
from deploy.doctor.databases import look_at_directory, look_at_downstream
from deploy.doctor.findings import problem, warning
from deploy.doctor.ports import look_at_ports
from deploy.doctor.public_url import look_at_public_url
from deploy.doctor.rabbitmq import look_at_broker
from deploy.doctor.settings_verdicts import settings_verdicts
from deploy.settings import Reading, Settings
from deploy.variable_names import variable_of

CHECK_SECONDS = 12.0
"""The time for each check. All run at once, so the whole takes little more."""

Look = Callable[[Settings], Awaitable[Sequence[Finding]]]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the thing that it looks at, and the settings that say where that is."""

    about: str
    look: Look
    needs: frozenset[str]


async def _public_url(settings: Settings) -> Sequence[Finding]:
    return await look_at_public_url(settings.base, settings.largest_body, time.time())


CHECKS = (
    Check("directory", look_at_directory, frozenset({"directory_database_url"})),
    Check("downstream", look_at_downstream, frozenset({"downstream_database_url"})),
    Check("broker", look_at_broker, frozenset({"broker_url", "broker_prefix"})),
    Check("public URL", _public_url, frozenset({"public_url", "host", "port", "largest_body"})),
    Check(
        "ports",
        look_at_ports,
        frozenset({"host", "port", "metrics_host", "metrics_port", "admin_host", "admin_port"}),
    ),
)


async def examine(
    reading: Reading, checks: Sequence[Check] = CHECKS, seconds: float = CHECK_SECONDS
) -> Sequence[Finding]:
    """Return the findings about an installation, those about its settings first."""
    found = await asyncio.gather(*(_run(check, reading, seconds) for check in checks))
    return [*settings_verdicts(reading), *(finding for each in found for finding in each)]


async def _run(check: Check, reading: Reading, seconds: float) -> Sequence[Finding]:
    if unusable := check.needs & set(reading.invalid):
        named = ", ".join(sorted(map(variable_of, unusable)))
        says = f"It was not looked at, because {named} is not valid."
        return [warning(check.about, "not-looked-at", says, "mend the setting, and ask again")]
    try:
        async with asyncio.timeout(seconds):
            return await check.look(reading.settings)
    except TimeoutError:
        says = f"It gave no answer within {seconds:g} seconds."
        advice = "see whether the server is overloaded, and whether a firewall drops packets"
        return [problem(check.about, "no-answer-in-time", says, advice)]
    except Exception as error:  # noqa: BLE001 - its text may be secret, and other checks go on
        told = error_summary(error)
        says = f"The check met an unexpected error ({told['error']} at {told['where']})."
        return [problem(check.about, "unexpected", says, "report it as a fault of Muster")]
