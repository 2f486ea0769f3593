"""How long may the target of a request be? Muster refuses more than 24 KiB.

Targets are decoded before tokens are checked, and decoding takes a microsecond for six characters.
"""

from starlette.types import Scope

LONGEST_TARGET = 24 * 1024
"""Bytes of path and query. The longest filter fits, with its blanks and quotes encoded; a longer
search can be sent as a body."""


def has_long_target(scope: Scope) -> bool:
    """Return whether the target of a request is too long."""
    return len(scope["path"]) + len(scope.get("query_string", b"")) > LONGEST_TARGET
