"""What do processes show at a terminal? It is read until the last of them has left."""

import os


def shown_at(terminal: int) -> str:
    """Return what is shown at a terminal, once no process has the other side of it open."""
    return b"".join(iter(lambda: _read(terminal), b"")).decode()


def _read(terminal: int) -> bytes:
    """Read what is there; at the end of the command a terminal is no more, which is an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
