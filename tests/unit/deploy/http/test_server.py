"""How does a process listen?"""

import asyncio
import socket

import pytest

from deploy.http.server import SENT_AHEAD, PortTaken, bind_admin, bind_api, bind_api_for
from deploy.settings import read_settings


@pytest.mark.parametrize(
    ("level", "option", "expected"),
    [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * SENT_AHEAD),  # Linux counts its own part, too
    ],
    ids=["answers in two pieces are not held back", "little is kept for who does not read"],
)
async def test_connections_have_their_options(level: int, option: int, expected: int) -> None:
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken: socket.socket = writer.get_extra_info("socket")
        accepted.set_result(taken.getsockopt(level, option))
        writer.close()

    with bind_api(read_settings(host="127.0.0.1", port=0)) as listener:
        async with await asyncio.start_server(connected, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted == expected
            writer.close()
            await writer.wait_closed()


def test_several_processes_listen_on_one_port_and_no_other_installation_does() -> None:
    first, second = bind_api_for(2, read_settings(host="127.0.0.1", port=0))
    with first, second:
        port = first.getsockname()[1]
        assert second.getsockname()[1] == port
        for bind in (bind_api, lambda settings: bind_api_for(2, settings)):
            with pytest.raises(PortTaken, match="MUSTER_PORT"):
                bind(read_settings(host="127.0.0.1", port=port))


def test_a_busy_port_of_administrators_names_their_settings() -> None:
    with bind_admin(read_settings(admin_port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(PortTaken, match="MUSTER_ADMIN_PORT or MUSTER_ADMIN_HOST"):
            bind_admin(read_settings(admin_port=port))
