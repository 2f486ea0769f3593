"""How many connections can a process hold? Each is an open file, and so is much else."""

import resource

RESERVED_FILES = 256
"""For databases, the broker, operators and logs."""

FILES_OF_A_CONNECTION = 2
"""Its own, and that of the one which gives way to it and is not closed yet."""


def room_for(connections: int) -> int:
    """Return how many of so many connections a process can hold.

    From now on as many files may be open as that takes, or as the system lets a process allow
    itself.
    """
    needed = FILES_OF_A_CONNECTION * connections + RESERVED_FILES
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _suffices(limit, needed):
        limit = needed if _suffices(most, needed) else most
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    if _suffices(limit, needed):
        return connections
    return max(1, (limit - RESERVED_FILES) // FILES_OF_A_CONNECTION)


def _suffices(limit: int, needed: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= needed
