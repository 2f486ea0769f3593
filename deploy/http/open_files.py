"""How many connections can a process hold? The system's limit of open files bounds them."""

import resource

RESERVED_FILES = 256
"""Files for databases, the broker, operators and logs."""

FILES_OF_A_CONNECTION = 2
"""The file of the connection, and that of the connection that gave way and is not closed yet."""


def room_for(connections: int) -> int:
    """Return the number of connections that the process can hold, at most the number asked for.

    The process raises its limit of open files as far as that takes, or as the system allows.
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
