"""Can a process do its work? Checks that run at the same time decide on its health."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

CHECK_SECONDS = 3.0
"""The time for all checks together; orchestrators wait for about as long."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition for the work of a process. ``problem`` describes why it is not met, else None.

    A check that is not ``vital`` leaves the process ready, and becomes a remark.
    """

    name: str
    problem: Callable[[], Awaitable[str | None]]
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """The result of all checks. ``problems`` keep the process from its work, ``remarks`` do not."""

    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Return whether every vital check has passed."""
        return not self.problems


async def run_checks(checks: Sequence[Check], seconds: float = CHECK_SECONDS) -> Health:
    """Run all checks at once, each with a limit of so many seconds."""
    found = await asyncio.gather(*(_run_check(check, seconds) for check in checks))
    failed = [(check.vital, text) for check, text in zip(checks, found, strict=True) if text]
    return Health(
        tuple(text for vital, text in failed if vital),
        tuple(text for vital, text in failed if not vital),
    )


async def _run_check(check: Check, seconds: float) -> str | None:
    """Run one check; an error is named by its type, because its text may be personal or secret."""
    try:
        async with asyncio.timeout(seconds):
            problem = await check.problem()
    except Exception as error:  # noqa: BLE001 - any error is the result of this check
        cause = getattr(error, "orig", None) or error
        problem = type(cause).__name__
    return None if problem is None else f"{check.name}: {problem}"
