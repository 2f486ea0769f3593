"""When is readiness told? It is told at once, by a look that ends in a moment, else by the last.

A server that swallows packets keeps a look waiting for seconds, and no probe may wait for that. So
looks run in the background, one at a time for each check, however many ask.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from contracts.health import Check, Health, Problem, health_of

MOMENT = 0.7
"""Seconds that an answer waits for a look. Probes are answered within a second."""

AT_FIRST = 3.0
"""The same where there was no look yet. A probe that gives up before has learnt that the process is
not ready, and a patient one learns why."""

LOOK_SECONDS = 8.0
"""Seconds after which a look is given up: those of the broker have time-outs of their own, of three
seconds each, and say more."""

OLDEST_SECONDS = 60.0
"""The age up to which a good look is believed while a later one waits, which is given up before.
Balancers ask every half a minute, or more often."""

NO_ANSWER = "it does not answer"

ENDED = Health(("process: its end has come",))
"""The health that is told once looks have ended, because their objects are being closed."""

NEVER = -float("inf")


class LastLooks:
    """The looks of a process at its checks. Checks that are added later are looked at as well."""

    def __init__(
        self,
        checks: Sequence[Check],
        moment: float = MOMENT,
        at_first: float = AT_FIRST,
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = checks
        self._moment, self._at_first = moment, at_first
        self._watch = watch
        self._looks: dict[Check, _LastLook] = {}
        self._has_ended = False

    async def health(self) -> Health:
        """Return how the process is, within a moment."""
        if self._has_ended:
            return ENDED
        looks = [self._looks.setdefault(it, _LastLook(it, self._watch)) for it in self._checks]
        waits = [self._moment if it.is_told else self._at_first for it in looks]
        return health_of(
            await asyncio.gather(*(it.found(wait) for it, wait in zip(looks, waits, strict=True)))
        )

    async def end(self) -> None:
        """Give up looks that still wait, before their objects are closed, and begin no other."""
        self._has_ended = True
        if waiting := [task for it in self._looks.values() if (task := it.given_up())]:
            await asyncio.wait(waiting, timeout=self._at_first)


class _LastLook:
    """The last result of a check, and the look that is under way."""

    def __init__(self, check: Check, watch: Callable[[], float]) -> None:
        self._check = check
        self._watch = watch
        self._look: asyncio.Task[None] | None = None
        self._problem: Problem | None = None
        self._looked_at = NEVER

    @property
    def is_told(self) -> bool:
        """Return whether a look has ended."""
        return self._looked_at > NEVER

    async def found(self, moment: float) -> Problem | None:
        """Look, or join the look that is under way, and return the last result there is."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_again())
        await asyncio.wait({self._look}, timeout=moment)
        if self._problem is None and self._watch() - self._looked_at > OLDEST_SECONDS:
            return self._check.named(NO_ANSWER)
        return self._problem

    def given_up(self) -> asyncio.Task[None] | None:
        """Cancel the look that is under way, and return its task."""
        if self._look is not None:
            self._look.cancel()
        return self._look

    async def _look_again(self) -> None:
        self._problem = await self._check.look(LOOK_SECONDS)
        self._looked_at = self._watch()
