"""Do plain requests, which nobody parses, mean what they mean when they are read in full?"""

import json
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json
from scim2_models import ScimFilter
from scim2_models.path import CompareOperator, Comparison
from scim2_server.conditions import Conditions

from api.scim.protocol.fast_paths import PATCH_SCHEMA, activity_set, name_looked_up, page_asked
from api.scim.protocol.resources import ScimUser
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser
from api.scim.users.states import UserState, next_state, state_with_activity
from tests.conformance.provider_users import BODIES
from tests.conformance.test_user_answers import PROVIDER, SERVICE, USER_TYPE, stored
from tests.drivers.examples import examples

VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [True, False, "True", "False", "true", "false", "FALSE", "", "no", 1, 0, None, [False], {}]
)
OTHER = st.sampled_from([{}, {"title": "Weaver"}, {"id": "c" * 32}])
PATHS = st.sampled_from(["active", "Active", f"{ScimUser.__schema__}:active", "title", "", None])
MORE = st.sampled_from([{}, {"name": "active"}, {"Op": "replace"}, {"value": "no"}])
OPERATIONS = st.builds(
    lambda op, what, more: {"op": op, **what, **more},
    st.sampled_from(["add", "Replace", "replace", "remove", "set", 1]),
    st.builds(lambda path, value: {"path": path, "value": value}, PATHS, VALUES)
    | st.builds(lambda value, other: {"value": {"active": value, **other}}, VALUES, OTHER),
    MORE | st.just({}),
)
SCHEMAS = st.sampled_from([[PATCH_SCHEMA]] * 4 + [[], [PATCH_SCHEMA] * 2, [PATCH_SCHEMA.upper()]])
USERS = st.sampled_from([*BODIES.values(), {"active": False}, {"title": "Spinner"}])
NAMES = st.text(st.sampled_from('aB-@.\\"/[]~ é\n'), max_size=6)

PLAIN_OPERATIONS = {
    "okta": {"op": "replace", "value": {"active": False}},
    "entra": {"op": "Replace", "path": "active", "value": "False"},
    "entra, newer": {"op": "replace", "path": "active", "value": False},
    "onelogin": {"op": "add", "value": {"active": False}},
}


def body_of(*operations: Any) -> Any:
    return {"schemas": [PATCH_SCHEMA], "Operations": [*operations]}


def patched_plainly(user: StoredUser, active: bool) -> UserState | None:
    return state_with_activity(user, active=active)


def patched_in_full(user: StoredUser, body: Any) -> UserState | None:
    with PROVIDER:
        patch = SERVICE.read_patch(USER_TYPE, json.dumps(body).encode(), None)
        patched = SERVICE.apply_patch(user_of(user), patch, Conditions())
        if patched is None:
            return None
        return next_state(cast("ScimUser", patched), user, SERVICE.limits.user_characters)


def in_order(state: UserState | None) -> Any:
    """Return the columns of a state; the text of the resource shows its order."""
    return state and (to_json(state.columns["resource"]), state.columns)


def assert_the_same(user: StoredUser, body: Any, *, active: bool) -> None:
    plain, full = patched_plainly(user, active), patched_in_full(user, body)
    assert in_order(plain) == in_order(full)


@settings(max_examples=examples(500))
@given(st.lists(OPERATIONS, min_size=1, max_size=2), SCHEMAS, USERS)
def test_a_plain_patch_sets_what_it_sets_when_it_is_read_in_full(
    operations: list[Any], schemas: list[str], user: Any
) -> None:
    body = {"schemas": schemas, "Operations": operations}
    active = activity_set(body)
    if active is not None:
        assert_the_same(stored(user), body, active=active)


@pytest.mark.parametrize("form", PLAIN_OPERATIONS)
@pytest.mark.parametrize("user", [*BODIES.values(), {"title": "Spinner"}])
def test_what_providers_send_for_a_leaver_is_plain(form: str, user: Any) -> None:
    body = body_of(PLAIN_OPERATIONS[form])
    assert activity_set(body) is False
    assert_the_same(stored(user), body, active=False)
    assert_the_same(stored(user | {"active": False}), body, active=False)


@settings(max_examples=examples(300))
@given(NAMES, st.sampled_from(["userName eq", "USERNAME Eq", "userName  eq", "userName ne"]))
def test_a_plain_look_up_asks_for_what_it_asks_when_it_is_parsed(name: str, asks: str) -> None:
    text = f'{asks} "{name}"'
    looked_up = name_looked_up({"filter": text})
    if looked_up is not None:
        parsed = ScimFilter(text).ast
        assert isinstance(parsed, Comparison)
        assert parsed.attr_path.attr.lower() == "username"
        assert (parsed.op, parsed.value) == (CompareOperator.eq, looked_up)


def test_the_look_ups_that_providers_send_are_plain() -> None:
    assert name_looked_up({"filter": 'userName eq "ada@acme.test"'}) == "ada@acme.test"
    okta = {"filter": 'userName eq "ada@acme.test"', "startIndex": "1", "count": "100"}
    assert name_looked_up(okta) == "ada@acme.test"


NUMBERS = st.integers(-1, 2_000).map(str) | st.sampled_from(["", "01", "1.0", " 1", "9" * 30, "٣"])
OF_PAGES = st.fixed_dictionaries({}, optional={"startIndex": NUMBERS, "count": NUMBERS})


@settings(max_examples=examples(300))
@given(OF_PAGES)
def test_a_plain_page_is_the_one_that_is_asked_for_when_it_is_read_in_full(query: Any) -> None:
    asked = page_asked(query)
    if asked is not None:
        start_index, count = asked
        with PROVIDER:
            wanted, position = SERVICE.read_search_query([USER_TYPE], query)
        most = SERVICE.limits.page_size
        assert (wanted.start_index, wanted.count) == (start_index, min(count or most, most))
        assert (wanted.cursor, wanted.filter, wanted.sort_by, position) == (None,) * 4


def test_the_pages_that_providers_ask_for_are_plain() -> None:
    assert page_asked({}) == (1, None)
    assert page_asked({"startIndex": "101", "count": "100"}) == (101, 100)


def test_what_asks_for_more_is_not_plain() -> None:
    for more in ({"attributes": "id"}, {"startIndex": "2"}, {"count": "0"}, {"sortBy": "id"}):
        assert name_looked_up({"filter": 'userName eq "ada"'} | more) is None
        assert page_asked({"count": "100"} | more) in {None, (2, 100)}
    assert page_asked({"count": "100", "cursor": ""}) is None
    assert activity_set(body_of(*[PLAIN_OPERATIONS["okta"]] * 2)) is None
