"""Which requests does downstream refuse? Each refusal is an error, and all have one root."""

from typing import ClassVar


class DownstreamError(Exception):
    """A request that downstream cannot meet; the text is for administrators and operators.

    ``code`` names the error to programs, ``status`` is that of HTTP, and ``field`` the name of the
    value that is to be changed, where there is a single one.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    field: str | None = None
