"""Is what would cost or break too much refused before it is parsed?"""

import pytest
from pydantic_core import to_json
from scim2_models import InvalidFilterException, InvalidPathException, InvalidValueException

from api.scim.protocol.expression_bounds import (
    LONGEST_EXPRESSION,
    MOST_TERMS_IN_A_PATH,
    check_filter,
    check_operations,
)
from api.scim.protocol.json_values import check_value
from api.scim.protocol.limits import LONGEST_NAME, MOST_GROUP_BYTES, MOST_GROUPS_OF_ONE, Limits
from contracts.identity_changed import StoreTerms, encode
from contracts.rules import CreateEmployee
from tests.compatibility.samples import TRACE, an_event


@pytest.mark.parametrize(
    "text",
    [
        "a" * (LONGEST_EXPRESSION + 1),
        r'displayName eq "\u0000"',
        r'emails[value eq "a\u0000b"]',
        r'userName eq "\ud800"',
        r'userName eq "\udc00\ud83d"',
    ],
)
def test_a_filter_that_is_too_long_or_compares_with_no_character_is_refused(text: str) -> None:
    with pytest.raises(InvalidFilterException):
        check_filter(text)


@pytest.mark.parametrize(
    "text", ['userName eq "Ada"', r'title eq "\ud83d\ude00"', r'title eq "\\u0000"', 'broken "']
)
def test_other_filters_are_left_to_the_parser(text: str) -> None:
    check_filter(text)


@pytest.mark.parametrize(
    "path",
    [
        'emails[type eq "a"' + ' and type eq "a"' * (MOST_TERMS_IN_A_PATH + 1) + "]",
        "not (" * (MOST_TERMS_IN_A_PATH + 1),
        "a" * (LONGEST_EXPRESSION + 1),
        r'emails[value eq "a\u0000@x"].type',
    ],
)
def test_a_path_that_is_too_long_or_compares_with_no_character_is_refused(path: str) -> None:
    with pytest.raises(InvalidPathException):
        check_operations([{"op": "add", "path": path, "value": "x"}], Limits())


def test_a_patch_has_an_end() -> None:
    limits = Limits(patch_operations=3)
    check_operations([{"op": "add"}] * 3, limits)
    with pytest.raises(InvalidValueException):
        check_operations([{"op": "add"}] * 4, limits)


@pytest.mark.parametrize("value", ["\0", ["a\0"], {"a": {"b": "\0"}}, {"a\0": 1}])
def test_no_value_holds_a_nul(value: object) -> None:
    with pytest.raises(InvalidValueException):
        check_value(value, 100)


@pytest.mark.parametrize("character", ["\x01", "\U0001f600", '"', "n"])
def test_the_groups_of_one_user_fit_into_an_event(character: str) -> None:
    each = len(to_json(character)) - 2
    shortest = (MOST_GROUP_BYTES // MOST_GROUPS_OF_ONE - 2) // each
    few_long = (character * LONGEST_NAME,) * (MOST_GROUP_BYTES // (each * LONGEST_NAME + 2))
    for groups in (few_long, (character * shortest,) * MOST_GROUPS_OF_ONE):
        event = an_event(StoreTerms(on_create=CreateEmployee()), groups=groups)
        assert len(encode(event, TRACE)) < 1024 * 1024
