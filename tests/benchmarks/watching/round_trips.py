"""How often is the database asked and waited for? A proxy in front of it counts the turns."""

import asyncio

from tests.servers.tcp_proxy import TcpProxy


class CountingProxy(TcpProxy):
    """Counts how often clients speak after the server has answered, or as the first.

    That is right for one request at a time, whichever connections it uses.
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.round_trips = 0
        self._answered = True

    async def _pass_on(
        self, data: bytes, writer: asyncio.StreamWriter, flowing: asyncio.Event
    ) -> None:
        is_answer = writer in self._clients
        if not is_answer and self._answered:
            self.round_trips += 1
        self._answered = is_answer
        await super()._pass_on(data, writer, flowing)
