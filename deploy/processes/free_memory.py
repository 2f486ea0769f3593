"""When does free memory go back to the system? Large blocks at once, small ones within seconds.

The C library of GNU/Linux keeps small free blocks that lie between used ones. A process that had
served the dearest requests kept all that they had taken, 420 MiB, of which 240 were free.
"""

import ctypes
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY = 2.0
"""Seconds between two looks at how much memory the process holds."""

GROWN_MIB = 16
"""How much more than at the last return makes another one worth its time: where other threads want
memory meanwhile they wait, the event loop too, for 17 ms where there are 150 MiB."""

LOOKS = 30
"""Looks without growth, after which memory is returned all the same."""

LARGE = 256 * 1024
"""Bytes. Larger blocks are mappings of their own, which go back as soon as they are free."""

MIB = 1024 * 1024
STATM = Path("/proc/self/statm")
"""Has the pages that this process holds as its second number."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt`` (3) in the C library of GNU/Linux."""


@contextmanager
def giving_memory_back(every: float = EVERY) -> Iterator[None]:
    """Let the C library return free memory to the system for as long as the block runs.

    By default the library raises both thresholds with the size of allocations, up to 64 MiB, and a
    process grows with each large body: by 50 MiB and more, instead of 25. Other C libraries than
    that of GNU/Linux do as they like.

    :param every: seconds between two looks.
    """
    library = ctypes.CDLL(None)
    if mallopt := getattr(library, "mallopt", None):
        for parameter in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(parameter, LARGE)
    trim = getattr(library, "malloc_trim", None)
    end = threading.Event()

    def look() -> None:
        held, looks = 0.0, 0
        while trim is not None and not end.wait(every):
            looks = 0 if held_mib() > held + GROWN_MIB else looks + 1
            if is_worth_it(looks):
                trim(0)
                held = held_mib()

    threading.Thread(target=look, name="memory", daemon=True).start()
    try:
        yield
    finally:
        end.set()


def is_worth_it(looks: int) -> bool:
    """Return whether free memory is to be returned, so many looks after the process has grown.

    It is once more at the next look, when what was in use may be free, and then now and then.
    """
    return looks <= 1 or looks % LOOKS == 0


def held_mib() -> float:
    """Return the memory that this process holds, in MiB; 0 where the system does not tell."""
    try:
        pages = int(STATM.read_text().split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / MIB
