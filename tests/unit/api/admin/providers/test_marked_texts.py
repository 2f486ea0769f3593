"""Are the marks of a text read, and is every other sign left as it is?"""

import pytest

from api.admin.providers.marked_texts import Mark, pieces_of, plain


def test_labels_and_what_is_typed_stand_out() -> None:
    assert list(pieces_of("Press **Save**, then type `a * b`.")) == [
        (Mark.PLAIN, "Press "),
        (Mark.LABEL, "Save"),
        (Mark.PLAIN, ", then type "),
        (Mark.TYPED, "a * b"),
        (Mark.PLAIN, "."),
    ]


@pytest.mark.parametrize("text", ["", "Enable", "2 * 3 ** 4", "a ` b"])
def test_a_text_without_marks_stays_as_it_is(text: str) -> None:
    assert "".join(words for _, words in pieces_of(text)) == plain(text) == text


def test_marks_are_left_out_of_plain_text() -> None:
    assert plain("**Assign → Assign** and `userName`") == "Assign → Assign and userName"
