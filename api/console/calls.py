"""What did a provider do by a request, and what was the answer? Plain words tell it. Pure.

The log masks values, so that the words say no more than the method and the known parts of the path.
"""

import re

from api.admin.requests import FIRST_ERROR, SEARCH
from api.console.deeds import did, tried

ATTRIBUTE = re.compile(r"[?&]filter=\(?([A-Za-z][A-Za-z0-9]*)")
"""The first attribute of a filter, where the log knows it."""

ID = re.compile("([0-9a-f]{8})[0-9a-f]{24}")
"""An id of a user or group, of which the beginning tells enough to the eye."""

NOUNS = {"Users": ("a user", "users"), "Groups": ("a group", "groups")}

DEEDS = {
    ("POST", "Users"): "create a user",
    ("POST", "Groups"): "create a group",
    ("PUT", "Users"): "update a user",
    ("PUT", "Groups"): "replace a group and its members",
    ("PATCH", "Users"): "change a user",
    ("PATCH", "Groups"): "change a group or its members",
    ("DELETE", "Users"): "delete a user",
    ("DELETE", "Groups"): "delete a group",
    ("POST", "Bulk"): "send several changes at once",
}
"""The deeds of requests that write, by method and endpoint."""

ABOUT_MUSTER = {"ServiceProviderConfig", "Schemas", "ResourceTypes"}
"""Endpoints that tell what Muster supports."""

LONGEST = 120
"""Characters of a path that are shown."""

WAIT, FIRST_FAULT = 429, 500
"""The status of a request that came too early, and the lowest one of a fault of Muster's own."""


def told_call(method: str, path: str, status: int) -> str:
    """Return what a provider did, or tried to do where it was refused.

    :param path: below the base URL, with its query, as the log shows it.
    """
    deed = _deed(method, path)
    return did(deed) if status < FIRST_ERROR else tried(deed)


def short_path(path: str) -> str:
    """Return a path with its ids cut; a very long one is cut itself."""
    short = ID.sub(r"\1…", path)
    return short if len(short) <= LONGEST else f"{short[:LONGEST]}…"


def told_answer(status: int) -> str:
    """Return an answer in a word."""
    return _answer(status)[0]


def tone_of_answer(status: int) -> str:
    """Return the tone of an answer."""
    return _answer(status)[1]


def told_seconds(seconds: float) -> str:
    """Return a short duration."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _deed(method: str, path: str) -> str:
    target, _, query = path.partition("?")
    endpoint, _, rest = target.strip("/").partition("/")
    if SEARCH in (endpoint, rest):
        return f"search for {NOUNS.get(endpoint, ('', 'users or groups'))[1]}"
    if endpoint in ABOUT_MUSTER:
        return "ask what Muster supports"
    if method == "GET" and endpoint in NOUNS:
        return _look(endpoint, rest, query)
    return DEEDS.get((method, endpoint), "use an address that Muster does not offer")


def _look(endpoint: str, rest: str, query: str) -> str:
    one, many = NOUNS[endpoint]
    if rest:
        return f"look at {one}"
    found = ATTRIBUTE.search(f"?{query}")
    if found is not None:
        return f"look up {one} by {found[1]}"
    return f"look up {many}" if "filter=" in query else f"list {many}"


def _answer(status: int) -> tuple[str, str]:
    if status < FIRST_ERROR:
        return "Done", "good"
    if status >= FIRST_FAULT:
        return "Failed", "bad"
    return ("Asked to wait", "warn") if status == WAIT else ("Refused", "bad")
