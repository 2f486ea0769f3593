"""Is what is in an expression found in one pass, and refused where it cannot be kept?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import InvalidFilterException, InvalidPathException, InvalidValueException

from api.scim.protocol.expression_bounds import (
    LITERAL,
    LONGEST_CONDITION,
    LONGEST_EXPRESSION,
    check_bulk,
    check_condition,
    check_filter,
    check_operations,
)
from api.scim.protocol.limits import Limits
from contracts.names import MOST_MARKS

MARKS = "\u0301" * (MOST_MARKS + 1)
ESCAPED = "\\u0301" * (MOST_MARKS + 1)


@given(st.text('"\\a \n\r\u0301'))
def test_a_literal_is_found_at_the_first_quote_whatever_follows(text: str) -> None:
    """A search that came to nothing would begin anew at every quote: by the square of them."""
    start = text.find('"')
    found = LITERAL.search(text)
    assert (found.start() if found else -1) == start
    between = [match.end() for match in LITERAL.finditer(text)]
    assert all('"' not in text[end : text.find('"', end)] for end in between)


@given(st.text(max_size=20))
def test_a_literal_that_ends_is_found_whole(value: str) -> None:
    literal = json.dumps(value, ensure_ascii=False)
    found = LITERAL.search(f"title eq {literal} and id pr")
    assert found is not None
    assert found.group() == literal


@pytest.mark.parametrize("text", [f'title eq "a{MARKS}"', f'title eq "a{ESCAPED}"', MARKS])
def test_marks_without_end_are_compared_with_nothing(text: str) -> None:
    with pytest.raises(InvalidFilterException, match="marks"):
        check_filter(text)
    for path in (f"emails[{text}]", f"emails[{text}].value"):
        for operation in ({"op": "add", "path": path}, {"op": "add", "value": {path: 1}}):
            with pytest.raises(InvalidPathException, match="marks"):
                check_operations([operation], Limits())


def test_as_many_quotes_as_an_expression_can_hold_are_looked_at() -> None:
    check_filter('\\"' * (LONGEST_EXPRESSION // 2))  # the parser says that it is no filter


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_a_condition_has_an_end(name: str) -> None:
    check_condition(name, 'W/"1", ' * 10)
    check_condition(name, None)
    with pytest.raises(InvalidValueException, match=name):
        check_condition(name, "a" + " " * LONGEST_CONDITION + "b")


def test_the_version_of_a_bulk_operation_has_an_end_too() -> None:
    operation = {"method": "DELETE", "path": "/Users/1", "version": "a" + " " * 1_000 + "b"}
    with pytest.raises(InvalidValueException, match="version"):
        check_bulk([operation], Limits())
