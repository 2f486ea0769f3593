"""How many previews run at a time? A process computes a single one: the next waits its turn.

A preview keeps a reading connection of each database to its end, which takes seconds where there
are many people. The pools are small, and every other answer of the process is read with them.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field

from contracts.downstream.preview import PlannedEffect


@dataclass(slots=True)
class Effects:
    """The effects of a change, which are planned as they are asked for, once it is their turn.

    The turn ends with the last effect, or when the reader leaves; it may leave while it waits.
    """

    planned: AsyncGenerator[PlannedEffect]
    turns: asyncio.Lock
    is_waiting: bool = field(default=True, init=False)

    async def __aiter__(self) -> AsyncIterator[PlannedEffect]:
        """Yield the effects."""
        async with self.turns, aclosing(self.planned) as planned:
            self.is_waiting = False
            async for effect in planned:
                yield effect
