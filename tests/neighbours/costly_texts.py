"""Which texts and bodies cost most to read? Those that are dear before anything is looked up."""

from collections.abc import Sequence

from tests.drivers.in_process import USER
from tests.neighbours.requests import Tenant, replace, user
from tests.neighbours.wire_request import Request

MEBIBYTE = 1024 * 1024


async def runs_of_marks(tenant: Tenant) -> Sequence[Request]:
    """Unordered combining marks, which NFC sorts in quadratic time."""
    marks = "a" + "\u0301" * 12_000 + "\u0323" * 12_000
    return [
        tenant.request("POST", "/Users", user("n", title=marks)),
        tenant.request("POST", "/Users", user("n", roles=[{"value": marks}])),
    ]


async def quotes_in_paths(tenant: Tenant) -> Sequence[Request]:
    """Quotes of literals that never end, in paths and in a filter."""
    one = await tenant.ingress.user("quoted")
    return [
        tenant.patch(f"/Users/{one}", *[replace('\\"' * 8_100, "1")] * 7),
        tenant.request("GET", "/Users?filter=" + "%5C%22" * 8_000),
    ]


async def bodies_of_many_values(tenant: Tenant) -> Sequence[Request]:
    """JSON in which a few bytes make an object each."""
    return [
        tenant.request("POST", "/Groups", b"[" + b",".join([b"[]"] * (5 * MEBIBYTE)) + b"]"),
        tenant.request("POST", "/Groups", b'{"a":[' + b",".join([b"1"] * 299_000) + b"]}"),
        tenant.request("POST", "/Groups", b"[" + b",".join([b'{"a":1}'] * 190_000) + b"]"),
        tenant.request("POST", "/Users", user("n", **{f"k{at}": 1 for at in range(100_000)})),
        tenant.request(
            "POST", "/Users", b'{"schemas":["' + USER.encode() + b'"],"a":' + b"[" * MEBIBYTE
        ),
    ]


async def conditions(tenant: Tenant) -> Sequence[Request]:
    """A header of blanks, which a pattern may go through again and again."""
    one = await tenant.ingress.user("conditional")
    put = tenant.request("PUT", f"/Users/{one}", user("conditional"))
    put.headers["If-Match"] = "a" + " " * 16_000 + "b"
    return [put]


async def wrong_tokens(tenant: Tenant) -> Sequence[Request]:
    """Requests that are refused, as fast as they can be sent."""
    request = tenant.request("GET", "/Users")
    request.headers["Authorization"] = "Bearer nobody"
    return [request]
