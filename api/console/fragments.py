"""Which requests does the script of the pages send by itself? Those for parts that are live."""

from starlette.requests import Request

HEADER = "x-fragment"
"""The header of a request for a part of a page alone. ``console.js`` sends it."""


def is_fragment(request: Request) -> bool:
    """Return whether the script asks for a live part, which needs nobody at the browser."""
    return HEADER in request.headers
