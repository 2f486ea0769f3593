"""Does the text of an error quote what administrators name, and nothing that may be personal?"""

import pytest

from contracts.quotations import quoted_ids, quoted_name, quoted_word

ID = "c7bb4ac7e3f8466a" * 2


@pytest.mark.parametrize("text", ["acme-store", "remove-user", "50:10"])
def test_a_connection_and_a_choice_are_quoted(text: str) -> None:
    assert quoted_word(text) == f"'{text}'"


@pytest.mark.parametrize("text", ["ada@example.com", "Ada", "ada lovelace", "", "a" * 81])
def test_no_other_word_is_quoted(text: str) -> None:
    assert quoted_word(text) == "'…'"


def test_a_name_is_quoted_unless_it_is_an_address() -> None:
    assert quoted_name("Acme & Söhne") == "'Acme & Söhne'"
    assert quoted_name("ada@example.com") == "'…'"


def test_a_name_is_quoted_up_to_the_length_that_names_have() -> None:
    assert quoted_name("x" * 200) == f"'{'x' * 200}'"
    assert quoted_name("x" * 201) == "'…'"


def test_ids_are_quoted_and_other_texts_are_one_ellipsis() -> None:
    assert quoted_ids([ID, "ada@example.com", "Ada"]) == f"{ID}, …"
