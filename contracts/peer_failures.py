"""When has a peer failed? When it is late, when its library says so, and when that cancels us."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class PeerFailed(Exception):
    """What was asked of the peer may or may not have happened. The text holds nothing personal."""


@asynccontextmanager
async def peer_failures(seconds: float, late: str) -> AsyncIterator[None]:
    """Bound what is asked of a peer, and make every way in which it fails a PeerFailed.

    A lost connection can surface as a CancelledError although nobody cancelled this task. Let
    through, it would end a long-lived task in silence.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncio.CancelledError:
        if _is_cancelled():
            raise
        raise PeerFailed("connection lost") from None
    except TimeoutError:
        raise PeerFailed(late) from None
    except Exception as error:
        raise PeerFailed(type(error).__name__) from error


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
