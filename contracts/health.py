"""Can a process do its work? Checks that run at the same time decide on its health."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from contracts.secure_connections.problems import explained_in

CHECK_SECONDS = 3.0
"""The time for all checks together; a scrape of metrics waits for as long."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why a check is not met, and whether it keeps the process from its work."""

    text: str
    vital: bool = True


@dataclass(frozen=True, slots=True)
class Check:
    """A condition for the work of a process. ``problem`` describes why it is not met, else None.

    A check that is not ``vital`` leaves the process ready, and becomes a remark. A ``Problem`` in
    place of a text says itself whether it is vital.
    """

    name: str
    problem: Callable[[], Awaitable[str | Problem | None]]
    vital: bool = True

    async def look(self, seconds: float) -> Problem | None:
        """Run the check within so many seconds.

        An error is named by its type, because its text may be personal or secret; the problem of a
        secured connection says in words of Muster's own how it is mended.
        """
        try:
            async with asyncio.timeout(seconds):
                found = await self.problem()
        except Exception as error:  # noqa: BLE001 - any error is the result of this check
            cause = getattr(error, "orig", None) or error
            found = str(explained_in(error) or type(cause).__name__)
        return self.named(found)

    def named(self, found: str | Problem | None) -> Problem | None:
        """Return a problem with the name of the check before its text."""
        match found:
            case None:
                return None
            case Problem():
                return Problem(f"{self.name}: {found.text}", found.vital)
            case text:
                return Problem(f"{self.name}: {text}", self.vital)


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
    return health_of(await asyncio.gather(*(check.look(seconds) for check in checks)))


def health_of(found: Iterable[Problem | None]) -> Health:
    """Return the health that the results of all checks make."""
    problems = [it for it in found if it is not None]
    return Health(
        tuple(it.text for it in problems if it.vital),
        tuple(it.text for it in problems if not it.vital),
    )
