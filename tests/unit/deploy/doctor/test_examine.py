"""Does an examination end, whatever a check does?"""

import asyncio
from collections.abc import Sequence

from api.admin.examination import Finding, Result
from deploy.doctor.examine import Check, examine
from deploy.doctor.findings import fine
from deploy.settings import Reading, Settings


async def _hangs(_settings: Settings) -> Sequence[Finding]:
    await asyncio.Event().wait()
    return []


async def _fails(_settings: Settings) -> Sequence[Finding]:
    raise ValueError("Ada Quill")


async def _is_fine(_settings: Settings) -> Sequence[Finding]:
    return [fine("x", "It is.")]


async def _told(check: Check, reading: Reading) -> list[tuple[str, Result]]:
    found = await examine(reading, [check], seconds=0.01)
    return [(it.code, it.result) for it in found[1:]]


GOOD = Reading(Settings(), [], {})


async def test_a_check_that_hangs_is_given_up() -> None:
    assert await _told(Check("x", _hangs, frozenset()), GOOD) == [
        ("no-answer-in-time", Result.PROBLEM)
    ]


async def test_a_check_that_fails_is_told_without_its_text() -> None:
    found = await examine(GOOD, [Check("x", _fails, frozenset())])
    assert found[1].code == "unexpected"
    assert "ValueError" in found[1].says
    assert "Ada" not in repr(found)


async def test_nothing_is_looked_at_whose_setting_cannot_be_read() -> None:
    reading = Reading(Settings(), [], {"port": "MUSTER_PORT is not valid: it takes a port"})
    assert await _told(Check("x", _hangs, frozenset({"port"})), reading) == [
        ("not-looked-at", Result.WARNING)
    ]
    assert await _told(Check("x", _is_fine, frozenset({"host"})), reading) == [("ok", Result.OK)]
