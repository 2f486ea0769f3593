"""What is a request on the wire? Four values, which a process of noise reads without Muster's code.

Loading that code would take such a process two seconds; loading this takes none.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the path begins at the root of the server."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
