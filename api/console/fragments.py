"""Which requests does the script of the pages send by itself? It asks for live parts."""

from starlette.requests import Request

HEADER = "x-fragment"
"""The header of a request for a part of a page alone. ``console.js`` sends it."""


def is_fragment(request: Request) -> bool:
    """Return whether the script asks for a live part, without a person at the browser."""
    return HEADER in request.headers
