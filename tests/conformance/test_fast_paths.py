"""Do plain requests, which nobody parses, mean what they mean when they are read in full?"""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import ScimFilter
from scim2_models.path import CompareOperator, Comparison
from scim2_server.conditions import Conditions

from api.scim.protocol.fast_paths import PATCH_SCHEMA, activity_set, name_looked_up
from api.scim.protocol.tolerances import tolerate_patch
from api.scim.users.mapping import user_columns, user_of
from api.scim.users.statements import StoredUser
from tests.conformance.test_user_answers import PROVIDER, SERVICE, USER_TYPE, stored

VALUES = st.sampled_from(
    [True, False, "True", "False", "true", "false", "FALSE", "", "no", 1, None]
)
OTHER = st.sampled_from([{}, {"title": "Weaver"}])
OPERATIONS = st.builds(
    lambda op, what: {"op": op, **what},
    st.sampled_from(["add", "Replace", "replace", "remove"]),
    st.builds(lambda value: {"path": "active", "value": value}, VALUES)
    | st.builds(lambda value, other: {"value": {"active": value, **other}}, VALUES, OTHER),
)
USERS = st.sampled_from([{"active": True}, {"active": False}, {"title": "Spinner"}])
NAMES = st.text(st.sampled_from('aB-@.\\"/[]~ é\n'), max_size=6)


@settings(max_examples=300)
@given(st.lists(OPERATIONS, min_size=1, max_size=2), USERS)
def test_a_plain_patch_sets_what_it_sets_when_it_is_read_in_full(
    operations: list[Any], user: Any
) -> None:
    body = {"schemas": [PATCH_SCHEMA], "Operations": operations}
    active = activity_set(tolerate_patch(body))
    if active is not None:
        assert _patched(stored(user), body)["active"] is active


def _patched(user: StoredUser, body: Any) -> dict[str, Any]:
    with PROVIDER:
        patch = SERVICE.read_patch(USER_TYPE, json.dumps(body).encode(), None)
        model = user_of(user)
        SERVICE.apply_patch(model, patch, Conditions())
        resource: dict[str, Any] = user_columns(model)["resource"]
        before = json.loads(user.resource)
        assert resource | {"active": None} == before | {"active": None}
        return resource


@settings(max_examples=300)
@given(NAMES, st.sampled_from(["userName eq", "USERNAME Eq", "userName  eq", "userName ne"]))
def test_a_plain_look_up_asks_for_what_it_asks_when_it_is_parsed(name: str, asks: str) -> None:
    text = f'{asks} "{name}"'
    looked_up = name_looked_up({"filter": text})
    if looked_up is not None:
        parsed = ScimFilter(text).ast
        assert isinstance(parsed, Comparison)
        assert parsed.attr_path.attr.lower() == "username"
        assert (parsed.op, parsed.value) == (CompareOperator.eq, looked_up)


def test_what_providers_send_is_plain() -> None:
    assert name_looked_up({"filter": 'userName eq "ada@acme.test"'}) == "ada@acme.test"
    okta = {"filter": 'userName eq "ada@acme.test"', "startIndex": "1", "count": "100"}
    assert name_looked_up(okta) == "ada@acme.test"
    for operation in (
        {"op": "replace", "value": {"active": False}},
        {"op": "Replace", "path": "active", "value": "False"},
    ):
        body = {"schemas": [PATCH_SCHEMA], "Operations": [operation]}
        assert activity_set(tolerate_patch(body)) is False


def test_what_asks_for_more_is_not_plain() -> None:
    for more in ({"attributes": "id"}, {"startIndex": "2"}, {"count": "0"}, {"sortBy": "id"}):
        assert name_looked_up({"filter": 'userName eq "ada"'} | more) is None
    twice = {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "replace", "value": {}}] * 2}
    assert activity_set(tolerate_patch(twice)) is None
