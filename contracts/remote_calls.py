"""When has a remote call failed? A time-out, an exception or a lost connection raises one error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contracts.secure_connections.problems import told_of


class RemoteCallFailed(Exception):
    """The call failed and may or may not have taken effect. The text holds nothing personal."""


@asynccontextmanager
async def remote_call(seconds: float, late: str) -> AsyncIterator[None]:
    """Limit a remote call to so many seconds, and raise a RemoteCallFailed for any failure.

    A lost connection can surface as a CancelledError although the task was not cancelled. Let
    through, it would end a long-lived task in silence.

    :param late: the text of the error after a time-out.
    :raises RemoteCallFailed: when the call is late, raises, or loses its connection.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except asyncio.CancelledError:
        if _is_cancelled():
            raise
        raise RemoteCallFailed("connection lost") from None
    except TimeoutError:
        raise RemoteCallFailed(late) from None
    except Exception as error:
        raise RemoteCallFailed(told_of(error)) from error


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
