"""What does a running server examine? It examines all that the command does, as far as it can see.

The settings are those of the server, which has refused wrong variables at its start, and not those
that the environment would give now. The ports are left out: the server holds its own, or could not
answer, and those of other parts may be on other machines, where a probe from here tells nothing. So
is the broker where the server has no URL of it, as ``muster admin`` needs none: that no broker is
needed could be wrong.

The checks are loaded by the first request, in a thread: ``muster admin`` does without the packages
of the broker until then.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from api.admin.examination import Examination, Examined, Finding
from deploy.doctor.whereabouts import whereabouts
from deploy.settings import Reading, Settings

if TYPE_CHECKING:
    from deploy.doctor.examine import Check


def checks_within(settings: Settings) -> "Sequence[Check]":
    """Return the checks that a server with these settings can make of its installation."""
    from deploy.doctor.examine import CHECKS  # noqa: PLC0415  # as the first lines tell

    unseen = {"ports"} if _knows_transport(settings) else {"ports", "broker"}
    return [check for check in CHECKS if check.about not in unseen]


def examination_within(settings: Settings) -> Examination:
    """Return the examination of an installation from within a server with these settings."""
    places = whereabouts(settings)
    if not _knows_transport(settings):
        del places["broker"]

    async def examination() -> Examined:
        look = await asyncio.to_thread(_loaded, settings)
        return Examined(places, await look())

    return examination


def _loaded(settings: Settings) -> Callable[[], Awaitable[Sequence[Finding]]]:
    from deploy.doctor.examine import examine  # noqa: PLC0415  # as the first lines tell

    return partial(examine, Reading(settings, (), {}), checks_within(settings))


def _knows_transport(settings: Settings) -> bool:
    return bool(settings.broker_url) or settings.uses_sqlite
