"""Which requests could be dear to read? Awkward texts, repeated up to a limit, in every place.

What a pattern goes through again and again, what grows when it is normalised, and what nests, is a
short unit that is repeated: an example is a place, a unit, how often, and what is around it.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from api.scim.protocol.limits import Limits
from tests.drivers.in_process import BULK, GROUP, PATCH, USER
from tests.neighbours.requests import SEARCH

UNITS = [
    "a", "A", " ", "\t", "0", "9", "-", "+", "e", "_", "=", "/", "%", "%25",
    '"', '\\"', "\\", "\\\\", "'", "(", ")", "[", "]", "{", "}", "[[", '{"a":',
    ".", ":", ",", ", ", "a.", "a:", "urn:", "a,", '"a",', "a and ", "a or ", "not (", " eq ",
    'a eq "b" and ', "(a pr) or ", "a[b pr].", "@", "a@", "a@b.", "2011-05-13T04:42:34Z", "bulkId:",
    "\u0301", "\u0323\u0301", "\u1100", "\u1100\u1161\u11a8",
    "\ufdfa", "\u0130", "\u00df", "\u0390",
    "\u200d", "\U0001f600", "\U0001d15e", "\ufb2c",
]  # fmt: skip
"""Delimiters and words of filters and paths, and characters that grow, join or change places when
they are normalised or folded."""

SURROUNDINGS = ["", "a", '"', "(", '"x"', "a.", 'a eq "', "[", "urn:ietf:params:scim:", "b"]

BODY_LIMIT = Limits().user_bytes
URL_LIMIT = 24_000
HEADER_LIMIT = 16_000

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """A request below the base URL of a connection; ``{user}`` and ``{group}`` stand for ids."""

    method: str
    path: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def _user(**attributes: Any) -> Json:
    return {"schemas": [USER], "userName": "awkward", **attributes}


def _patch(path: str, *operations: Json) -> Sent:
    return _sent("PATCH", path, {"schemas": [PATCH], "Operations": operations})


def _sent(method: str, path: str, body: Json) -> Sent:
    return Sent(method, path, json.dumps(body, ensure_ascii=False).encode(errors="replace"))


def _changed(operation: Json) -> Sent:
    return _patch("/Users/{user}", operation)


IN_BODIES = {
    "user name": lambda text: _sent("POST", "/Users", _user(userName=text)),
    "title": lambda text: _sent("POST", "/Users", _user(title=text)),
    "titles": lambda text: _sent(
        "POST", "/Users", _user(title=text[:60_000], nickName=text[:60_000])
    ),
    "role": lambda text: _sent("POST", "/Users", _user(roles=[{"value": text}])),
    "email": lambda text: _sent("POST", "/Users", _user(emails=[{"value": text}])),
    "reference": lambda text: _sent("POST", "/Users", _user(profileUrl=text)),
    "certificate": lambda text: _sent("POST", "/Users", _user(x509Certificates=[{"value": text}])),
    "active": lambda text: _sent("POST", "/Users", _user(active=text)),
    "schemas": lambda text: _sent("POST", "/Users", {"schemas": [text], "userName": "awkward"}),
    "name of an attribute": lambda text: _sent("POST", "/Users", _user(**{text: 1})),
    "name of a part": lambda text: _sent("POST", "/Users", _user(name={text: text})),
    "date": lambda text: _sent("POST", "/Users", _user(meta={"created": text})),
    "entries": lambda text: _sent(
        "POST", "/Users", _user(emails=[{"value": it} for it in text[:20_000]])
    ),
    "number": lambda text: Sent("POST", "/Users", b'{"userName":' + text.encode() + b"}"),
    "body": lambda text: Sent("POST", "/Users", text.encode()),
    "nested": lambda text: Sent("POST", "/Groups", text.encode() + text.encode()),
    "replacement": lambda text: _sent("PUT", "/Users/{user}", _user(displayName=text)),
    "path": lambda text: _changed({"op": "replace", "path": text, "value": "x"}),
    "selection": lambda text: _changed(
        {"op": "replace", "path": f'emails[value eq "{text}"].type', "value": "x"}
    ),
    "selected role": lambda text: _changed(
        {"op": "replace", "path": f'roles[value eq "{text}"].type', "value": "x"}
    ),
    "roles": lambda text: _sent("POST", "/Users", _user(roles=text)),
    "paths": lambda text: _patch(
        "/Users/{user}", *[{"op": "add", "path": text[:500], "value": "x"}] * (len(text) // 500)
    ),
    "value": lambda text: _changed({"op": "replace", "value": {text: "x", "title": text}}),
    "operation": lambda text: _changed({"op": text, "path": "title", "value": "x"}),
    "group name": lambda text: _sent("POST", "/Groups", {"schemas": [GROUP], "displayName": text}),
    "member": lambda text: _sent(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "g", "members": [{"value": text}]}
    ),
    "members": lambda text: _sent(
        "POST",
        "/Groups",
        {
            "schemas": [GROUP],
            "displayName": "g",
            "members": [{"value": it} for it in text[:20_000]],
        },
    ),
    "chosen members": lambda text: _patch(
        "/Groups/{group}", {"op": "remove", "path": f'members[value eq "{text}"]'}
    ),
    "searched": lambda text: _sent("POST", "/Users/.search", {"schemas": [SEARCH], "filter": text}),
    "sorted": lambda text: _sent("POST", "/Users/.search", {"schemas": [SEARCH], "sortBy": text}),
    "shown": lambda text: _sent(
        "POST", "/Users/.search", {"schemas": [SEARCH], "attributes": text.split(",")}
    ),
    "bulk path": lambda text: _bulk(
        {"method": "POST", "path": text, "bulkId": "b", "data": _user()}
    ),
    "bulk id": lambda text: _bulk(
        {"method": "POST", "path": "/Users", "bulkId": text, "data": _user(title=text)}
    ),
    "bulk data": lambda text: _bulk(
        {
            "method": "PATCH",
            "path": "/Users/{user}",
            "data": {"Operations": [{"op": "add", "path": text}]},
        }
    ),
}


def _bulk(operation: Json) -> Sent:
    return _sent("POST", "/Bulk", {"schemas": [BULK], "Operations": [operation]})


PARAMETERS = [
    "filter",
    "sortBy",
    "attributes",
    "excludedAttributes",
    "cursor",
    "startIndex",
    "count",
]
HEADERS = ["If-Match", "If-None-Match", "Authorization", "Content-Type", "X-Request-Id"]


PLACES = [*IN_BODIES, *PARAMETERS, *HEADERS, "id"]


@dataclass(frozen=True, slots=True)
class Awkward:
    """A place of a request, and the text that it is filled with."""

    place: str
    before: str
    unit: str
    share: float
    """Of what fits there."""
    after: str

    def request(self) -> Sent:
        """Return the request."""
        place = self.place
        if place in IN_BODIES:
            return IN_BODIES[place](self._text(BODY_LIMIT))
        if place in PARAMETERS:
            return Sent("GET", f"/Users?{place}={quote(self._text(URL_LIMIT))[:URL_LIMIT]}")
        if place in HEADERS:
            text = self._text(HEADER_LIMIT)
            plain = "".join(it for it in text if it.isascii() and it.isprintable())
            return Sent("PUT", "/Users/{user}", b"{}", ((place, plain),))
        return Sent("GET", f"/Users/{quote(self._text(URL_LIMIT), safe='')[:URL_LIMIT]}")

    def _text(self, most: int) -> str:
        times = int(self.share * most / len(self.unit.encode()))
        return self.before + self.unit * times + self.after


def awkward_requests() -> st.SearchStrategy[Awkward]:
    """Draw requests of every kind."""
    around = st.sampled_from(SURROUNDINGS)
    shares = st.sampled_from([1, 0.5, 0.1, 0.01])
    return st.builds(
        Awkward, st.sampled_from(PLACES), around, st.sampled_from(UNITS), shares, around
    )
