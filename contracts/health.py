"""Can a process do its work? Checks, looked at together, and what they say."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

CHECK_SECONDS = 3.0
"""Orchestrators wait for about as long."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that has to be in order. ``problem`` says in words what is not, or None.

    Where it is not ``vital`` the process is ready all the same, but says so.
    """

    name: str
    problem: Callable[[], Awaitable[str | None]]
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """What the checks say. ``problems`` keep the process from its work, ``remarks`` do not."""

    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Say whether nothing vital is amiss."""
        return not self.problems


async def look_at(checks: Sequence[Check], seconds: float = CHECK_SECONDS) -> Health:
    """Look at all checks at once; none may take longer than so many seconds."""
    found = await asyncio.gather(*(_look(check, seconds) for check in checks))
    told = [(check.vital, words) for check, words in zip(checks, found, strict=True) if words]
    return Health(
        tuple(words for vital, words in told if vital),
        tuple(words for vital, words in told if not vital),
    )


async def _look(check: Check, seconds: float) -> str | None:
    """Look at one; the text of an error may hold what is personal or secret, its name does not."""
    try:
        async with asyncio.timeout(seconds):
            problem = await check.problem()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this check's answer
        cause = getattr(error, "orig", None) or error
        problem = type(cause).__name__
    return None if problem is None else f"{check.name}: {problem}"
