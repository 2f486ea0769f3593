"""Which files does a connection read? It reads regular files alone, which need no writer.

A file is read anew for each connection, on the event loop. A pipe in its place would stop the whole
process until another process writes into it, and a device may have no end.
"""

import errno
import os
import stat
from pathlib import Path


def read_beginning(file: Path, most: int) -> bytes:
    """Return the first bytes of a regular file, at most so many.

    :raises OSError: when it cannot be read, or is something else. ``strerror`` says why.
    """
    opened = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # an open waits, too
    with os.fdopen(opened, "rb") as readable:
        mode = os.fstat(opened).st_mode
        if stat.S_ISDIR(mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "Not a regular file")
        return readable.read(most)
