"""Are names compared alike everywhere?"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Path, User, default_comparison_key

from contracts.names import comparison_key

USER_NAME = Path[User[Any]]("userName").resolve()


@given(st.text())
def test_a_name_has_the_key_that_scim_comparisons_use(name: str) -> None:
    assert comparison_key(name) == default_comparison_key(USER_NAME, name)


@given(st.text())
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert comparison_key(comparison_key(name)) == comparison_key(name)


def test_case_and_composition_make_no_difference() -> None:
    assert comparison_key("ÅSA") == comparison_key("a\u030asa")
