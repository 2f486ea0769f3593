"""Which parameters has the URL of a server? Each has one value, or the URL is refused."""

from collections.abc import Mapping
from urllib.parse import parse_qsl


def parameters_in(query: str) -> Mapping[str, str]:
    """Return the parameters of the query of a URL.

    A template whose variable is unset leaves a value empty, and of two values readers of URLs take
    the first or the last. Either may decide about TLS, so that neither is guessed at.

    :raises ValueError: when a parameter has no value, or two, or one that no file can be named by.
    """
    given = parse_qsl(query, keep_blank_values=True)
    parameters = dict(given)
    if len(parameters) < len(given):
        raise ValueError("a parameter is given twice")
    if any(not value or "\x00" in value for value in parameters.values()):
        raise ValueError("a parameter without a usable value")
    return parameters
