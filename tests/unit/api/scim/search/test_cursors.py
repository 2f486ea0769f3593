"""Which places do cursors carry, and which do they refuse?"""

from typing import Any

import pytest
from scim2_models import InvalidCursorException

from api.scim.search.cursors import Cursor, Direction, SortKey, cursor_of


@pytest.mark.parametrize("value", ["weaver", "", 1_700_000_000_000_000, None])
def test_a_position_comes_back_as_it_was(value: str | int | None) -> None:
    cursor = Cursor(Direction.BEFORE, SortKey(value, 7, "1f"))
    assert cursor_of(cursor.as_json()) == cursor


@pytest.mark.parametrize(
    "kept",
    [None, {}, [], "after", ["after"], ["beside", "a", 1, "b"], ["after", [], 1, "b"],
     ["after", "a", "1", "b"], ["after", "a", 1, 2], ["after", "a", 1, "b", "c"]],
)  # fmt: skip
def test_what_is_no_position_is_refused(kept: Any) -> None:
    with pytest.raises(InvalidCursorException):
        cursor_of(kept)
