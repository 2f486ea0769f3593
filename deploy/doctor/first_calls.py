"""What does a provider see that has a token? Okta's and Entra ID's first calls are made with one.

The token is made for a minute, and ended afterwards. No answer is shown: people may be in it.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.examination import Finding, Result
from api.admin.tokens import OF_DOCTOR, TokenChoices, create_token, revoke_token
from api.errors import ApiError
from deploy.doctor.findings import problem
from deploy.doctor.first_call_verdicts import FirstCall, first_call_verdicts
from deploy.doctor.http_calls import Answer, Call, Place, Silence, call, place_of
from deploy.settings import Reading

LIFETIME = 60_000_000
"""Microseconds until the token expires, should this process be killed before it ends it."""

CALLS: Mapping[FirstCall, str] = {
    FirstCall.OKTA_USERS: "/Users?startIndex=1&count=2",
    FirstCall.OKTA_GROUPS: "/Groups?startIndex=1&count=2",
    FirstCall.ENTRA_SEARCH: "/Users?filter=userName+eq+%22muster-doctor%22",
    FirstCall.CONFIGURATION: "/ServiceProviderConfig",
    FirstCall.ENCODED_QUERY: "/Users?filter=userName+eq+%22muster%2522doctor%22",
}
"""The targets of the calls, below the base URL."""


SETTINGS = {"directory_database_url", "public_url"}
ABOUT = {"directory", "public URL"}
OF_PUBLIC_URL = {"no-public-url", "no-https", "prefix-in-public-url"}
"""The needs of the calls: settings, things that were looked at, and verdicts on the settings."""


def hinders_calls(reading: Reading, findings: Iterable[Finding]) -> bool:
    """Return whether a problem keeps the first calls from the api: other problems do not."""
    return not SETTINGS.isdisjoint(reading.invalid) or any(
        finding.about in ABOUT or finding.code in OF_PUBLIC_URL
        for finding in findings
        if finding.result is Result.PROBLEM
    )


async def make_first_calls(
    it: Administration, connection_id: str, place: Place | None = None
) -> Sequence[Finding]:
    """Make a token of a connection, call its base URL with it, end it, and return the findings.

    Making and ending the token is recorded in the audit log.

    :param place: where the calls go, by default to the host of the public URL.
    """
    choices = TokenChoices(OF_DOCTOR, it.clock() + LIFETIME)
    try:
        new = await create_token(it, COMMAND, connection_id, choices)
    except ApiError as error:
        advice = "name a connection of muster connections list with one token at most"
        return [
            problem("first calls", "no-token", f"There is no token to call with: {error}.", advice)
        ]
    try:
        answers = await _answers(new.base_url, new.token, place or place_of(new.base_url))
    finally:
        await revoke_token(it, COMMAND, connection_id, new.id)
    return first_call_verdicts(new.base_url, answers)


async def _answers(base_url: str, token: str, place: Place) -> Mapping[FirstCall, Answer | Silence]:
    path = urlsplit(base_url).path
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/scim+json"}
    found = await asyncio.gather(
        *(call(place, Call(f"{path}{target}", headers=headers)) for target in CALLS.values())
    )
    return dict(zip(CALLS, found, strict=True))
