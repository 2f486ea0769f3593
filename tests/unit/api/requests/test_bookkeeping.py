"""Does the bookkeeping go on when a job fails, and is all written at the end?"""

import asyncio

from structlog.testing import capture_logs

from api.requests.bookkeeping import Bookkeeping


async def test_all_is_written_once_more_at_the_end() -> None:
    written: list[int] = []
    waiting = [1, 2]

    async def write() -> None:
        written.extend(waiting)
        waiting.clear()

    stop = asyncio.Event()
    stop.set()
    await Bookkeeping({"log": write}).run(stop)
    assert written == [1, 2]


async def test_a_job_that_fails_keeps_no_other_from_its_work() -> None:
    done: list[str] = []

    async def fail() -> None:
        raise ValueError("quotes ada@acme.test")

    async def succeed() -> None:
        done.append("done")

    with capture_logs() as log:
        await Bookkeeping({"one": fail, "other": succeed}).work()
    assert done == ["done"]
    assert log == [
        {"event": "bookkeeping_failed", "log_level": "warning", "job": "one", "error": "ValueError"}
    ]
