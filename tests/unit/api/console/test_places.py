"""Does a place in a URL lead back to its list alone, whatever else stands there?"""

from hypothesis import given
from hypothesis import strategies as st

from api.admin.http.sealing import list_named
from api.console.places import FIRST, Place, place_in, sealed_place, sealed_text, unsealed_text

SECRET, OTHER = "muster_" + "s" * 43, "muster_" + "t" * 43
PEOPLE = list_named("/console/people", [("workspace", "Acme"), ("state", "held")])
PLACE = Place(("acme-store", "id", 7), (None, ("acme-store", "earlier", 3)))
SEALED = sealed_place(SECRET, PLACE, PEOPLE)


def test_a_place_leads_back_to_its_list() -> None:
    assert place_in(SECRET, SEALED, PEOPLE) == PLACE


def test_a_place_of_another_list_another_filter_or_another_session_is_the_first_page() -> None:
    for path, filters in (
        ("/console/groups", [("workspace", "Acme"), ("state", "held")]),
        ("/console/people", [("workspace", "Acme")]),
        ("/console/people", [("workspace", "Acme"), ("state", "failed")]),
    ):
        assert place_in(SECRET, SEALED, list_named(path, filters)) == FIRST
    assert place_in(OTHER, SEALED, PEOPLE) == FIRST


def test_filters_are_the_same_in_any_order() -> None:
    turned = list_named("/console/people", [("state", "held"), ("workspace", "Acme")])
    assert place_in(SECRET, SEALED, turned) == PLACE


@given(st.text() | st.integers(0, len(SEALED) - 1).map(lambda length: SEALED[:length]))
def test_any_other_text_is_the_first_page(text: str) -> None:
    assert place_in(SECRET, text, PEOPLE) == FIRST


@given(st.integers(0, len(SEALED) - 2), st.characters(codec="ascii", exclude_characters="+/"))
def test_a_place_with_another_letter_is_the_first_page(at: int, letter: str) -> None:
    # Base64 for URLs has - and _ in the place of + and /, which mean the same.
    spoiled = f"{SEALED[:at]}{letter}{SEALED[at + 1 :]}"
    assert place_in(SECRET, spoiled, PEOPLE) == (PLACE if spoiled == SEALED else FIRST)


@given(st.text())
def test_any_text_that_was_not_sealed_searches_for_nothing(text: str) -> None:
    assert unsealed_text(SECRET, text, "search") == ""
    assert unsealed_text(SECRET, sealed_text(SECRET, text, "search"), "search") == text
