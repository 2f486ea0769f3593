"""How is a preview shown that takes a while? Its page begins at once, and ends with the effects.

Everybody of a connection is planned, which takes some seconds where there are many. The browser
shows the beginning meanwhile, with or without script, and nothing is kept between two requests. If
the visitor leaves, the preview ends, or its waiting for another one.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from api.admin.http.problems import foreseen
from api.admin.leavings_digest import leavings_digest
from api.admin.preview import WhatIf, preview
from api.admin.preview_turns import Effects
from api.admin.remedies import REMEDIES
from api.console.complaints import FORESEEN, Complaint
from api.console.previews import Counting, previewed
from api.console.visit import Visit

TELL_EVERY = 1.0
"""Seconds after which a page tells how far the counting is, so that no proxy thinks it dead."""


async def arriving(
    visit: Visit,
    page: str,
    ending: str,
    connection_id: str,
    asked: WhatIf,
    /,
    *,
    problem: Complaint | None,
    **shown: Any,
) -> Response:
    """Return a page that begins at once, and ends with the effects of a change.

    :param page: the template of the page, which has ``effects.html``'s ``arriving()`` in it.
    :param ending: the template of the part that arrives there; it names the preview ``found``.
    :param problem: why the effects are shown once more, if they are.
    :raises: what ``preview`` raises, before the page begins. A later error is told in the page.
    """
    shown |= {"problem": problem}
    shown["previewed"] = await leavings_digest(visit.it, visit.actor, connection_id)
    effects = await preview(visit.it, visit.actor, connection_id, asked)
    parts = _parts(visit, ending, connection_id, effects, shown)
    status = 200 if problem is None else problem.status
    return visit.page_in_parts(page, parts, status, **shown)


async def _parts(
    visit: Visit,
    ending: str,
    connection_id: str,
    effects: Effects,
    shown: dict[str, Any],
) -> AsyncIterator[str]:
    counting = Counting()
    try:
        async with aclosing(_counted(counting, effects)) as numbers:
            async for number in numbers:
                yield visit.part("counting.html", number=number)
        found = await previewed(visit, connection_id, counting)
    except (*FORESEEN, SQLAlchemyError, OSError) as error:
        told = foreseen(error)
        yield visit.part("counting_broken.html", detail=str(told), remedy=REMEDIES[told.code])
    else:
        yield visit.part(ending, found=found, **shown)


async def _counted(counting: Counting, effects: Effects) -> AsyncGenerator[int | None]:
    """Count effects, and yield their number every now and then; None while they wait."""
    task = asyncio.create_task(counting.take(effects))
    try:
        while not (await asyncio.wait({task}, timeout=TELL_EVERY))[0]:
            yield None if effects.is_waiting else counting.counts.total()
        await task
    finally:
        task.cancel()  # without effect on a task that is done
