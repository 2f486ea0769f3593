"""What becomes of a provider's requests on their way to Muster? They are sent, and looked at.

They have a token that opens nothing, and name a connection that cannot exist: Muster answers 401 to
them, and tells no existing connection from another. So nothing is read or changed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from secrets import token_hex
from urllib.parse import urlsplit

from api.admin.examination import Finding
from api.connection_urls import SCIM_PREFIX
from api.http.correlation import CORRELATION_HEADER
from deploy.doctor.http_calls import Answer, Call, Place, Silence, call, place_of
from deploy.doctor.public_url_verdicts import PublicUrlSeen, public_url_verdicts
from deploy.doctor.settings_verdicts import is_unspecified
from deploy.doctor.way_verdicts import Tried, Way

NO_CONNECTION = "muster-doctor"
"""An id that no connection has: ids end with the name of a portal."""

LATE_SECONDS = 3.0
"""The time after which an answer to the beginning of a body is not awaited any more."""

LATE_TRIES = 2
"""How often the beginning of a body is sent: a busy machine may be late once."""


def ways(root: str, largest_body: int) -> Mapping[Way, Call]:
    """Return the calls that are made once the first one has reached Muster.

    The query is that with which Entra ID tests a connection, in Okta's form of a page.

    :param root: the path under which Muster serves SCIM.
    """
    users = f"{root}/{NO_CONNECTION}/Users"
    query = "filter=userName+eq+%22muster-doctor%22&startIndex=1&count=100"
    return {
        Way.QUERY: Call(f"{users}?{query}"),
        Way.PATCH: Call(f"{users}/1", "PATCH"),
        Way.PUT: Call(f"{users}/1", "PUT"),
        Way.DELETE: Call(f"{users}/1", "DELETE"),
        Way.ENCODED_SLASH: Call(f"{users}/muster%2Fdoctor"),
        Way.ENCODED_TWICE: Call(f"{root}/%252F{NO_CONNECTION}/Users"),
        Way.LARGE_BODY: Call(users, "POST", announced=largest_body),
    }


async def look_at_public_url(
    url: str, largest_body: int, clock: float, place: Place | None = None
) -> Sequence[Finding]:
    """Return the findings about the way from here, over a public URL, to Muster.

    :param clock: the time here, in seconds since the epoch.
    :param place: where the calls go, by default to the host of the URL.
    """
    if is_unspecified(urlsplit(url).hostname or ""):
        return []  # the verdict on the settings tells that no provider can call it
    place = place or place_of(url)
    root = f"{urlsplit(url).path.rstrip('/')}{SCIM_PREFIX}"
    correlation_id = f"doctor-{token_hex(8)}"
    headers = {
        CORRELATION_HEADER: correlation_id,
        "Authorization": f"Bearer {token_hex(16)}",
        "Content-Type": "application/scim+json",
    }
    first = await call(place, Call(f"{root}/{NO_CONNECTION}/Users", headers=headers))
    seen = PublicUrlSeen(url, correlation_id, first, clock)
    if not seen.is_reached:
        return public_url_verdicts(seen, {})
    tried = ways(root, largest_body)
    found = await asyncio.gather(*(_try(place, it, headers) for it in tried.values()))
    return public_url_verdicts(seen, dict(zip(tried, found, strict=True)))


async def _try(place: Place, request: Call, headers: Mapping[str, str]) -> Tried:
    whole = Call(request.target, request.method, headers, request.announced)
    if not whole.announced:
        return Tried(await call(place, whole))
    answer: Answer | Silence = Silence.LATE
    for _ in range(LATE_TRIES):
        answer = await call(place, whole, LATE_SECONDS)
        if answer is not Silence.LATE:
            break
    return Tried(answer, whole.announced)
