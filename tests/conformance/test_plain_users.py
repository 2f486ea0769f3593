"""Does a body that is read without a model create the same user as when it is read in full?"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json
from scim2_models import SCIMException

from api.scim.protocol.limits import Limits
from api.scim.protocol.plain_users import LARGEST_PLAIN_USER, SCHEMA_CHARACTERS, plain_user
from api.scim.users.states import UserState, first_state, state_of
from tests.conformance.provider_users import BODIES, altered_bodies
from tests.conformance.test_user_answers import PROVIDER, SERVICE

LIMITS = Limits()


def read_plainly(body: bytes) -> UserState | None:
    """Return the state that the fast path makes of a body, if it takes it."""
    user = plain_user(body, SERVICE.decode_unchecked(body, None), LIMITS)
    return None if user is None else state_of(user)


def read_in_full(body: bytes) -> UserState:
    """Return the state that the model makes of a body."""
    with PROVIDER:
        user = SERVICE.read_decoded_user(SERVICE.decode_unchecked(body, None))
        return first_state(user, LIMITS.user_characters)


def in_order(state: UserState) -> tuple[bytes, Any]:
    """Return the columns of a state; the text of the resource shows its order."""
    return to_json(state.columns["resource"]), state.columns


def sent(body: Any, *, escaped: bool = True) -> bytes:
    return json.dumps(body, ensure_ascii=escaped).encode()


@settings(max_examples=2_000)
@given(altered_bodies(), st.booleans())
def test_a_plain_body_creates_what_it_creates_when_it_is_read_in_full(
    body: Any, escaped: bool
) -> None:
    text = sent(body, escaped=escaped)
    try:
        plain = read_plainly(text)
    except SCIMException as error:
        with pytest.raises(type(error), match=error.detail):
            read_in_full(text)
        return
    if plain is not None:
        assert in_order(plain) == in_order(read_in_full(text))


@pytest.mark.parametrize("provider", BODIES)
@pytest.mark.parametrize("escaped", [True, False])
def test_what_providers_send_for_a_person_is_plain(provider: str, escaped: bool) -> None:
    text = sent(BODIES[provider], escaped=escaped)
    plain = read_plainly(text)
    assert plain is not None
    assert in_order(plain) == in_order(read_in_full(text))


@pytest.mark.parametrize(
    "limits",
    [
        Limits(user_characters=SCHEMA_CHARACTERS + 400),
        Limits(value_characters=400),
    ],
)
def test_a_body_that_could_exceed_a_limit_is_read_in_full(limits: Limits) -> None:
    body = sent(BODIES["okta"] | {"title": "x" * 300})
    assert plain_user(body, json.loads(body), LIMITS) is not None
    assert plain_user(body, json.loads(body), limits) is None


def test_a_long_body_is_read_in_full() -> None:
    body = sent(BODIES["okta"]) + b" " * LARGEST_PLAIN_USER
    assert plain_user(body, json.loads(body), LIMITS) is None
