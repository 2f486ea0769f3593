"""Does a body that is read without a model create the same user as when it is read in full?"""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json
from scim2_models import Context, SCIMException
from scim2_server.conditions import Conditions

from api.scim.protocol.limits import Limits
from api.scim.protocol.plain_users import LARGEST_PLAIN_USER, SCHEMA_CHARACTERS, plain_user
from api.scim.users.fast_json import json_of_user
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser
from api.scim.users.states import (
    UserState,
    first_plain_state,
    first_state,
    next_state,
    replaced_state,
)
from tests.conformance.provider_users import BODIES, altered_bodies, once_altered
from tests.conformance.scim_directories import BASE_URL
from tests.conformance.test_user_answers import GROUPS, PROVIDER, SERVICE, USER_TYPE, stored
from tests.drivers.examples import examples

LIMITS = Limits()


def read_plainly(body: bytes) -> UserState | None:
    """Return the state that the fast path makes of a body, if it takes it."""
    user = plain_user(body, SERVICE.decode_unchecked(body, None), LIMITS)
    return None if user is None else first_plain_state(user)


def read_in_full(body: bytes) -> UserState:
    """Return the state that the model makes of a body."""
    with PROVIDER:
        decoded = SERVICE.decode_unchecked(body, None)
        user = SERVICE.read_decoded_user(decoded, Context.RESOURCE_CREATION_REQUEST)
        return first_state(user, LIMITS.user_characters)


def replaced_in_full(body: bytes, user: StoredUser) -> UserState | None:
    """Return the state that the model makes of a stored user and a body that replaces it."""
    with PROVIDER:
        replacement = SERVICE.read_replacement(USER_TYPE, body, None)
        replaced = SERVICE.apply_replacement(user_of(user), replacement, Conditions())
        if replaced is None:
            return None
        return next_state(cast("Any", replaced), user, LIMITS.user_characters)


def in_order(state: UserState | None) -> Any:
    """Return the columns of a state; the text of the resource shows its order."""
    return state and (to_json(state.columns["resource"]), state.columns)


def assert_no_difference(body: bytes) -> None:
    """Check that a body that is plain creates the same user, or is refused with the same error."""
    try:
        plain = read_plainly(body)
    except SCIMException as error:
        with pytest.raises(type(error), match=error.detail):
            read_in_full(body)
        return
    if plain is not None:
        assert in_order(plain) == in_order(read_in_full(body))


def created(body: Any, groups: Any = ()) -> StoredUser:
    """Return the user that a body has created, as it is stored."""
    resource = to_json(read_in_full(sent(body)).user).decode()
    return replace(stored({}, groups), resource=resource)


def sent(body: Any, *, escaped: bool = True) -> bytes:
    return json.dumps(body, ensure_ascii=escaped).encode()


@settings(max_examples=examples(500))
@given(altered_bodies(), st.booleans())
def test_a_plain_body_creates_what_it_creates_when_it_is_read_in_full(
    body: Any, escaped: bool
) -> None:
    assert_no_difference(sent(body, escaped=escaped))


def test_no_odd_value_and_no_further_attribute_makes_a_difference() -> None:
    for body in once_altered(BODIES["entra"]):
        assert_no_difference(sent(body))


@pytest.mark.parametrize("provider", BODIES)
@pytest.mark.parametrize("escaped", [True, False])
def test_what_providers_send_for_a_person_is_plain(provider: str, escaped: bool) -> None:
    text = sent(BODIES[provider], escaped=escaped)
    plain = read_plainly(text)
    assert plain is not None
    assert in_order(plain) == in_order(read_in_full(text))


@settings(max_examples=examples(500))
@given(altered_bodies(), st.sampled_from(list(BODIES.values())), st.booleans(), GROUPS)
def test_a_plain_body_replaces_as_it_does_when_it_is_read_in_full(
    body: Any, before: Any, same: bool, groups: Any
) -> None:
    text, user = sent(body), created(before, groups)
    with suppress(SCIMException):  # creations are refused alike
        plain = plain_user(text, SERVICE.decode_unchecked(text, None), LIMITS)
        if plain is not None:
            if same:
                user = replace(user, resource=to_json(plain).decode())
            assert in_order(replaced_state(plain, user)) == in_order(replaced_in_full(text, user))


@pytest.mark.parametrize("provider", BODIES)
def test_a_user_that_is_sent_back_as_it_was_shown_is_plain_and_no_change(provider: str) -> None:
    groups = [{"value": "a" * 32, "display": "Weavers"}]
    user = created(BODIES[provider], groups)
    shown = json.loads(json_of_user(user, BASE_URL))
    back = sent(shown | {"emails": [*reversed(shown["emails"])]})
    plain = plain_user(back, json.loads(back), LIMITS)
    assert plain is not None
    assert replaced_state(plain, user) is None
    assert replaced_in_full(back, user) is None


def test_a_user_that_is_sent_without_active_keeps_it() -> None:
    user = created(BODIES["okta"] | {"active": False})
    plain = {name: value for name, value in json.loads(user.resource).items() if name != "active"}
    assert replaced_state(plain, user) is None
    renamed = replaced_state(plain | {"title": "Clerk"}, user)
    assert renamed is not None
    assert renamed.user["active"] is False


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
