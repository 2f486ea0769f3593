"""Are names compared alike everywhere?"""

import sys
import unicodedata
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Path, User, default_comparison_key

from contracts.names import (
    BLANKS,
    END_OF_MARKS,
    JOINER,
    LONGEST_KEPT,
    MOST_MARKS,
    comparison_key,
    is_stream_safe,
    name_key,
    stream_safe,
    trimmed,
)

USER_NAME = Path[User[Any]]("userName").resolve()

RUNS = st.builds(
    lambda mark, length: mark * length,
    st.sampled_from("aé漢\u0301\u0323\u0345\u3099\U0001d165\U0001e944"),
    st.sampled_from([1, 2, MOST_MARKS - 1, MOST_MARKS, MOST_MARKS + 1, 100]),
)
"""Letters and marks of every kind, alone and in rows about as long as is allowed."""

MARKED = st.lists(RUNS, max_size=6).map("".join)


def longest_run_of_marks(text: str) -> int:
    runs = groupby(text, key=lambda char: unicodedata.combining(char) > 0)
    return max((len(list(run)) for are_marks, run in runs if are_marks), default=0)


@given(st.text())
def test_a_name_has_the_key_that_scim_comparisons_use(name: str) -> None:
    assert comparison_key(name) == default_comparison_key(USER_NAME, name)


@given(st.text())
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert comparison_key(comparison_key(name)) == comparison_key(name)


def test_case_and_composition_make_no_difference() -> None:
    assert comparison_key("ÅSA") == comparison_key("a\u030asa")


@given(MARKED)
def test_a_text_is_stream_safe_unless_it_has_too_many_marks_in_a_row(text: str) -> None:
    assert is_stream_safe(text) is (longest_run_of_marks(text) <= MOST_MARKS)


@given(MARKED)
def test_joiners_make_any_text_stream_safe_and_change_no_other(text: str) -> None:
    safe = stream_safe(text)
    assert longest_run_of_marks(safe) <= MOST_MARKS
    assert safe.replace(JOINER, "") == text
    assert (safe == text) is is_stream_safe(text)


@given(MARKED.filter(is_stream_safe))
def test_a_stream_safe_name_has_the_key_that_scim_comparisons_use(name: str) -> None:
    assert comparison_key(name) == default_comparison_key(USER_NAME, name)


def test_no_mark_lies_beyond_those_that_are_looked_for() -> None:
    beyond = range(END_OF_MARKS, sys.maxunicode + 1)
    assert not any(unicodedata.combining(chr(code)) for code in beyond)


def test_a_name_of_a_million_marks_has_a_key() -> None:
    name = "a" + "\u0301" * 500_000 + "\u0323" * 500_000
    assert JOINER in comparison_key(name)  # sorting them all at once would take half an hour


PADDING = st.text(st.sampled_from(BLANKS), max_size=3)


@given(st.text(), PADDING, PADDING)
def test_blanks_around_a_name_make_no_difference(name: str, before: str, after: str) -> None:
    assert name_key(f"{before}{name}{after}") == name_key(name)
    assert trimmed(f"{before}{name}{after}") == trimmed(name)
    assert name_key(name_key(name)) == name_key(name)


@given(st.text(max_size=LONGEST_KEPT + 5))
def test_a_key_that_is_kept_is_the_one_that_is_made_anew(name: str) -> None:
    assert name_key(name) == name_key(name) == comparison_key(trimmed(name))


def test_blanks_are_those_that_are_seen_and_those_that_are_not() -> None:
    for blank in (
        " ",
        "\t",
        "\n",
        "\u00a0",
        "\u2007",
        "\u202f",
        "\u3000",
        "\u200b",
        "\ufeff",
        "\u2060",
    ):
        assert trimmed(f"{blank}Muster Admins{blank}") == "Muster Admins"
        assert trimmed(f"a{blank}b") == f"a{blank}b", "within a name they mean something"
        assert trimmed(blank) == ""
