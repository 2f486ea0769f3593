"""What do the answers to a provider's first calls tell?"""

import json

from api.admin.examination import Finding, Result
from deploy.doctor.first_call_verdicts import FirstCall, first_call_verdicts
from deploy.doctor.http_calls import Answer, Silence

BASE = "https://scim.test/scim/v2/acme-store"
CONFIG = {"meta": {"location": f"{BASE}/ServiceProviderConfig"}}
SCIM = {"content-type": "application/scim+json"}


def answered(status: int = 200, document: object = CONFIG) -> Answer:
    """Return an answer of Muster."""
    return Answer(status, SCIM, json.dumps(document).encode())


def told(changes: dict[FirstCall, Answer | Silence]) -> list[str]:
    """Return the codes of the findings about calls that succeed but for some."""
    answers = dict.fromkeys(FirstCall, answered()) | changes
    return [it.code for it in first_call_verdicts(BASE, answers)]


def all_with(answer: Answer) -> Finding:
    """Return the only finding where each call gets the same answer."""
    [found] = first_call_verdicts(BASE, dict.fromkeys(FirstCall, answer))
    return found


def test_calls_that_succeed_are_fine() -> None:
    assert all_with(answered()).result is Result.OK


def test_a_token_that_nobody_knows_is_one_finding() -> None:
    assert all_with(answered(401)).code == "another-directory"
    assert all_with(answered(403)).code == "forbidden"


def test_a_call_that_fails_is_told_alone() -> None:
    assert told({FirstCall.OKTA_GROUPS: answered(500)}) == ["call-fails"]
    assert told({FirstCall.ENTRA_SEARCH: Silence.LATE}) == ["call-fails"]
    assert told({FirstCall.OKTA_USERS: Answer(200, {"content-type": "text/html"}, b"")}) == [
        "call-fails"
    ]


def test_a_query_that_was_decoded_on_the_way_is_no_filter_any_more() -> None:
    assert told({FirstCall.ENCODED_QUERY: answered(400)}) == ["query-decoded"]


def test_an_api_that_knows_another_public_url_is_told() -> None:
    elsewhere = {"meta": {"location": "https://old.test/scim/v2/acme-store/x"}}
    assert told({FirstCall.CONFIGURATION: answered(200, elsewhere)}) == ["another-public-url"]
