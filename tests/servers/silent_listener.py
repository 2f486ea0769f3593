"""How is a server silently gone? A port that takes connections, and never a word on them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silent_listener() -> Iterator[int]:
    """Give a port of loopback where connections succeed and nobody ever reads or answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
