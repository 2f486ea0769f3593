"""Where does a range of names end, and at which of several places is a person shown?"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.directory.people_by_name import Beginning, NameEntry, NamePlace, end_of
from contracts.names import name_key, trimmed

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
EDGES = st.text("ab\ud7ff\ue000\U0010ffff", max_size=4)
GREEK = st.text("ΑΣασς Δ.'-\u0323\u00ad", min_size=1, max_size=6).filter(trimmed)
ADA = Beginning.of(" Ada")


@given(TEXTS | EDGES, TEXTS | EDGES)
def test_a_range_has_all_texts_that_begin_so_and_no_other(text: str, beginning: str) -> None:
    end = end_of(beginning)
    assert (beginning <= text and (end is None or text < end)) is text.startswith(beginning)


@given(TEXTS, TEXTS)
def test_a_range_has_every_text_that_goes_on_from_its_beginning(beginning: str, rest: str) -> None:
    end = end_of(beginning)
    assert end is None or beginning <= beginning + rest < end


@pytest.mark.parametrize(
    ("key", "is_first"),
    [
        pytest.param("ada lovelace", True, id="the-earliest-name"),
        pytest.param("ada@acme.test", False, id="a-later-name"),
    ],
)
def test_a_person_is_shown_once_at_the_earliest_name_that_begins_so(
    key: str, *, is_first: bool
) -> None:
    names = ("ada@acme.test", None, None, "ada lovelace", "a before all others")
    assert ADA.is_first(NameEntry(NamePlace(key, "1"), names)) is is_first


def test_an_external_id_begins_with_the_text_as_it_is_written() -> None:
    names = ("ben", "Ada-1", None, None, None)
    assert ADA.is_first(NameEntry(NamePlace("Ada-1", "1"), names))


@given(GREEK, st.integers(1, 6), st.sampled_from([str, str.upper, str.lower]))
def test_a_name_begins_with_each_beginning_of_its_own(
    name: str, length: int, written: Callable[[str], str]
) -> None:
    """A capital sigma has two small letters, by what follows."""
    beginning = Beginning.of(written(name)[:length])
    assert name_key(written(name)).startswith(beginning.keys)


@pytest.mark.parametrize("text", ["ada\x00", "ada\ud800"])
def test_no_name_begins_with_what_databases_cannot_store(text: str) -> None:
    assert not Beginning.of(text).is_storable
    assert ADA.is_storable
