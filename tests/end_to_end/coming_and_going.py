"""Who keeps an installation busy? People who come and go without end, whatever is answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Any

import httpx2

from tests.drivers.in_process import PATCH

PAUSE_SECONDS = 0.1
"""Between two requests: enough of them for a share, few enough for a busy machine."""

ANSWER_SECONDS = 10


@asynccontextmanager
async def leavers_without_end(
    origin: str, opened: dict[str, Any], people: list[str]
) -> AsyncIterator[None]:
    """Deactivate and reactivate people, by their ids, one after the other, beside the block."""
    headers = {"Authorization": f"Bearer {opened['token']}"}
    base = f"{origin}/scim/v2/{opened['connection']}"
    async with httpx2.AsyncClient(headers=headers, timeout=ANSWER_SECONDS) as http:
        pushing = asyncio.create_task(_push(http, base, people))
        try:
            yield
        finally:
            pushing.cancel()
            await asyncio.wait([pushing])


async def _push(http: httpx2.AsyncClient, base: str, people: list[str]) -> None:
    for active in cycle([False, True]):
        for person in people:
            operation = {"op": "replace", "value": {"active": active}}
            body = {"schemas": [PATCH], "Operations": [operation]}
            with suppress(httpx2.TransportError):  # the next one may be answered
                await http.patch(f"{base}/Users/{person}", json=body)
            await asyncio.sleep(PAUSE_SECONDS)
