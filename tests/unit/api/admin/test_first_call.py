"""What do log and tokens tell of a provider's calls?"""

from dataclasses import replace

import pytest

from api.admin.first_call import Wrong, calls_in
from api.admin.requests import ListedRequest
from api.admin.tokens import OF_DOCTOR, ListedToken, TokenState

TOKEN = ListedToken("t1", None, TokenState.LIVE, 1, "operator", None, None, None, None, False)
USED = replace(TOKEN, last_used_at=50)
GOOD = ListedRequest(1, 60, "GET", "/Users", None, 200, None, None, None, 0.01, "c1", None)
REFUSED = replace(GOOD, number=2, at=70, status=401, code="unauthorized")
DOCTORS = replace(USED, id="t0", name=OF_DOCTOR, state=TokenState.REVOKED)


def test_nothing_has_come_at_first() -> None:
    calls = calls_in([TOKEN], [])
    assert (calls.connected, calls.answered_at, calls.refused) == (False, None, None)
    assert (calls.waiting_since, calls.has_token) == (1, True)


def test_a_call_that_was_answered_well_connects() -> None:
    calls = calls_in([USED], [GOOD])
    assert (calls.connected, calls.answered_at) == (True, 60)


def test_what_the_log_has_forgotten_the_token_tells() -> None:
    calls = calls_in([USED], [])
    assert (calls.connected, calls.answered_at) == (True, 50)


def test_calls_of_an_examination_do_not_connect() -> None:
    calls = calls_in([DOCTORS, TOKEN], [GOOD])
    assert (calls.connected, calls.answered_at) == (False, None)
    assert calls.waiting_since == TOKEN.created_at


def test_a_new_token_waits_for_its_own_first_call() -> None:
    newer = replace(TOKEN, id="t2", created_at=55)
    calls = calls_in([newer, USED], [GOOD])
    assert (calls.connected, calls.answered_at, calls.waiting_since) == (False, 60, 55)
    assert calls_in([replace(newer, last_used_at=65), USED], [GOOD]).connected


def test_a_refused_call_that_used_the_token_does_not_connect() -> None:
    wrong = replace(GOOD, status=404, code="not_found")
    calls = calls_in([USED], [wrong])
    assert (calls.connected, calls.wrong) == (False, Wrong.NO_ENDPOINT)


def test_a_later_refusal_is_told_beside_the_connection() -> None:
    calls = calls_in([USED], [REFUSED, GOOD])
    assert (calls.connected, calls.wrong, calls.refused) == (True, Wrong.UNAUTHORIZED, REFUSED)
    assert calls_in([USED], [GOOD, REFUSED]).refused is None


def test_without_a_live_token_nobody_can_call() -> None:
    revoked = replace(USED, state=TokenState.REVOKED)
    calls = calls_in([revoked], [GOOD])
    assert (calls.has_token, calls.connected, calls.waiting_since) == (False, False, None)


@pytest.mark.parametrize(
    ("code", "resource", "wrong"),
    [
        ("unauthorized", None, Wrong.UNAUTHORIZED),
        ("not_found", None, Wrong.NO_ENDPOINT),
        ("method_not_allowed", None, Wrong.NO_ENDPOINT),
        ("not_found", "2819c223", Wrong.REFUSED),  # of a person who is not there
        ("connection_off", None, Wrong.SWITCHED_OFF),
        ("invalid_filter", None, Wrong.REFUSED),
    ],
)
def test_a_refusal_has_its_reason(code: str, resource: str | None, wrong: Wrong) -> None:
    refused = replace(REFUSED, code=code, resource=resource)
    assert calls_in([TOKEN], [refused]).wrong is wrong
