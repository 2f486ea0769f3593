"""Has Muster's own queue taken an event? A confirm says that some queue has, maybe one of others.

Other systems bind queues to the exchange of events. A broker that has lost the workers' queue, and
not theirs, confirms every event: so the relay looks for its own queue after the confirms.
"""

import asyncio
from collections.abc import Iterable

from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity


class OwnQueue:
    """A queue of Muster's own, as one line finds it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._looking = asyncio.Lock()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._tells = True
        self.was_there = True

    async def is_there(self, connection: AbstractConnection) -> bool:
        """Return whether the queue is there now, by a passive declaration.

        A queue that this user may not look at counts as there. Such a user is not asked again on
        the same connection, because each refusal ends a channel with an error in the broker's log.

        :raises AMQPError: when the broker does not answer.
        """
        async with self._looking:
            if self._connection is not connection:
                self._connection, self._channel, self._tells = connection, None, True
            try:
                if self._tells:
                    await (await self._open(connection)).get_queue(self._name)
            except ChannelAccessRefused:
                self._tells = False
            except ChannelNotFoundEntity:
                self.was_there = False
                return False
            except BaseException:  # an answer may come yet, out of step
                self._channel = None
                raise
            self.was_there = True
            return True

    async def _open(self, connection: AbstractConnection) -> AbstractChannel:
        """Return a channel for looks alone: a missing queue closes the channel of its look."""
        if self._channel is None or self._channel.is_closed:
            self._channel = await connection.channel(publisher_confirms=False)
        return self._channel


class OwnQueues:
    """The queues of Muster's own to which one line has published."""

    def __init__(self) -> None:
        self._queues: dict[str, OwnQueue] = {}

    def missed_of(self, names: Iterable[str]) -> frozenset[str]:
        """Return which of these queues were missing at the last look."""
        known = self._queues
        return frozenset(it for it in names if it in known and not known[it].was_there)

    async def missing_of(
        self, names: Iterable[str], connection: AbstractConnection
    ) -> frozenset[str]:
        """Return which of these queues are missing now.

        :raises AMQPError: when the broker does not answer.
        """
        asked = sorted(set(names))
        queues = [self._queues.setdefault(name, OwnQueue(name)) for name in asked]
        found = await asyncio.gather(*(it.is_there(connection) for it in queues))
        return frozenset(name for name, is_there in zip(asked, found, strict=True) if not is_there)
