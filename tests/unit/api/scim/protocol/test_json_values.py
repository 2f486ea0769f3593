"""Does a large body mean what a small one does, and has what it holds an end?"""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scim2_models import (
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)

from api.scim.protocol.json_values import (
    DECODED_AT_ONCE,
    MOST_BRACKETS,
    check_structure,
    check_value,
    json_in_steps,
    json_of,
)
from api.scim.protocol.limits import DEEPEST, MOST_NAMES
from contracts.names import MOST_MARKS

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)
TEXTS = st.text('{}[]",:\\ntruefals0123456789.eE+-u é', max_size=40)


def read(decode: Any, body: bytes) -> Any:
    try:
        value = decode(body)
        check_value(value, len(body))
    except (ValueError, RecursionError, SCIMException):
        return "refused"
    return json.dumps(value)


@given(st.one_of(VALUES.map(json.dumps), TEXTS).map(str.encode))
@example(b'{"a": 1, "a": 2}')
@example(b'{"a": "\\ud800"}')
@example(b'["\\ud83d\\ude00", "\\u0000"]')
@example(b"[NaN]")
@example(b"[-Infinity]")
@example(b"[1e999]")
@example(b"\xef\xbb\xbf[]")
@example(b"\xff")
@example(b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2))
@example(b"1" * 5_000)
def test_a_body_that_is_decoded_in_steps_means_what_it_means_at_once(body: bytes) -> None:
    assert read(json_in_steps, body) == read(json_of, body)


@pytest.mark.parametrize(
    "body", [b"[" * 2_000_000, b'{"a":' * 500_000, b'["' + b"x" * DECODED_AT_ONCE]
)
def test_a_large_body_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidSyntaxException):
        json_of(body)


@pytest.mark.parametrize(
    "body", [b",,,,", b"[" * (MOST_BRACKETS + 1), b'{"":' * (MOST_BRACKETS + 1)]
)
def test_a_body_of_too_many_values_is_refused_before_it_is_decoded(body: bytes) -> None:
    check_structure(body[:3], most=3)
    with pytest.raises(PayloadTooLargeException):
        check_structure(body, most=3)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        (nested(DEEPEST + 1), InvalidSyntaxException),
        ({f"name {number}": 1 for number in range(MOST_NAMES + 1)}, InvalidValueException),
        ({"a": {"B": 1, "b": 2}}, InvalidSyntaxException),
        (["x" * 101], InvalidValueException),
        ({"x" * 101: 1}, InvalidValueException),
        (["a" + "\u0301" * (MOST_MARKS + 1)], InvalidValueException),
        ({"a" + "\u0301" * (MOST_MARKS + 1): 1}, InvalidValueException),
        ([float("inf")], InvalidValueException),
    ],
)
def test_a_value_that_costs_too_much_or_cannot_be_kept_is_refused(
    value: Any, refusal: type[SCIMException]
) -> None:
    with pytest.raises(refusal):
        check_value(value, 100)


@pytest.mark.parametrize(
    "value",
    [
        nested(DEEPEST),
        {f"name {number}": 1 for number in range(MOST_NAMES)},
        ["a" + "\u0301" * MOST_MARKS, "x" * 100, None, True, 1.5, {"ok": [{}]}],
    ],
)
def test_a_value_within_bounds_is_let_pass(value: Any) -> None:
    check_value(value, 100)
