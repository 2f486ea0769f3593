"""Do Okta's and Entra ID's first calls succeed? Their answers are judged here. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from api.admin.examination import Finding
from deploy.doctor.findings import fine, problem
from deploy.doctor.http_calls import Answer, Silence
from deploy.doctor.senders import SCIM_MEDIA_TYPE

ABOUT = "first calls"


class FirstCall(StrEnum):
    """The calls, in words that follow ``the``."""

    OKTA_USERS = "list of users that Okta asks for"
    OKTA_GROUPS = "list of groups that Okta asks for"
    ENTRA_SEARCH = "search for a user that Entra ID begins with"
    CONFIGURATION = "description of the service"
    ENCODED_QUERY = "search for a name with a percent sign"


def first_call_verdicts(
    base_url: str, answers: Mapping[FirstCall, Answer | Silence]
) -> Sequence[Finding]:
    """Return the findings about the calls, which had a token that is right."""
    statuses = {it.status for it in answers.values() if isinstance(it, Answer)}
    if statuses == {HTTPStatus.UNAUTHORIZED}:
        return [
            problem(
                ABOUT,
                "another-directory",
                f"A new token is not accepted under {base_url}.",
                "let the header Authorization through, and let the api that answers there have the"
                " MUSTER_DIRECTORY_DATABASE_URL of this command",
            )
        ]
    if statuses == {HTTPStatus.FORBIDDEN}:
        return [
            problem(
                ABOUT,
                "forbidden",
                f"Providers are refused under {base_url}, whatever their token.",
                "muster connections on, if the connection is off; else see the proxy's rules",
            )
        ]
    wrong = [*_failed(base_url, answers), *_base(base_url, answers[FirstCall.CONFIGURATION])]
    return wrong or [fine(ABOUT, f"The first calls of Okta and Entra ID succeed at {base_url}.")]


def _failed(base_url: str, answers: Mapping[FirstCall, Answer | Silence]) -> Iterator[Finding]:
    for made, answer in answers.items():
        if isinstance(answer, Silence) or not _is_scim(answer):
            told = answer if isinstance(answer, Silence) else f"status {answer.status}"
            is_decoded = made is FirstCall.ENCODED_QUERY and told == "status 400"
            yield problem(
                ABOUT,
                "query-decoded" if is_decoded else "call-fails",
                f"The {made} does not succeed at {base_url} ({told}).",
                "let the proxy pass the query on as it was sent"
                if is_decoded
                else "see the log of the proxy and of the api",
            )


def _is_scim(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "")
    return answer.status == HTTPStatus.OK and kind.startswith(SCIM_MEDIA_TYPE)


def _base(base_url: str, answer: Answer | Silence) -> Iterator[Finding]:
    location = _location(answer)
    if location and not location.startswith(f"{base_url}/"):
        yield problem(
            ABOUT,
            "another-public-url",
            f"The api that answers at {base_url} gives its resources other addresses.",
            "set MUSTER_PUBLIC_URL to the same URL for every process and command",
        )


def _location(answer: Answer | Silence) -> str:
    if isinstance(answer, Silence):
        return ""
    try:
        document: Any = json.loads(answer.body)
        return str(document["meta"]["location"])
    except (ValueError, KeyError, TypeError):
        return ""
