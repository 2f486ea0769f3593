"""Which parameters has the URL of a server? Each has one value, or the URL is refused."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

A_NAME = re.compile(r"[A-Za-z_]{1,40}")
"""Names of parameters as they are told; any other text between ``?`` and ``=`` may be anything."""


class UrlRefused(ValueError):
    """A URL cannot be used. The text says why, and quotes no more of it than a parameter's name."""


def parameters_in(query: str) -> Mapping[str, str]:
    """Return the parameters of the query of a URL.

    A template whose variable is unset leaves a value empty, and of two values readers of URLs take
    the first or the last. Either may decide about TLS, so that neither is guessed at.

    :raises UrlRefused: when a parameter has no value, or two, or one that no file can be named by.
    """
    given = parse_qsl(query, keep_blank_values=True)
    parameters = dict(given)
    for name, value in given:
        if [other for other, _ in given].count(name) > 1:
            raise UrlRefused(f"{name_of(name, parameters)} is given twice")
        if not value or "\x00" in value:
            raise UrlRefused(f"{name_of(name, parameters)} has no value that can be used")
    return parameters


def name_of(name: str, parameters: Mapping[str, str]) -> str:
    """Return the name of a parameter, for an error that the log may hold.

    A password with a question mark in it leaves its rest, and the ``@`` behind it, in the query.

    :param parameters: all that the URL has.
    """
    is_safe = A_NAME.fullmatch(name) and not any(
        "@" in text for it in parameters.items() for text in it
    )
    return f"the parameter {name!r}" if is_safe else "a parameter"


def check_known(parameters: Mapping[str, str], known: frozenset[str]) -> None:
    """Refuse a parameter that would have no effect, as one with the name of another client.

    :raises UrlRefused: naming it.
    """
    for name in parameters:
        if name not in known:
            raise UrlRefused(f"{name_of(name, parameters)} is none that it has")
