"""Would the search find what it looks for? In every form in which it could be shown."""

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from contracts.names import comparison_key
from tests.personal_data.marks import FOREIGN_NAME, NAME, SECRET, email, leaks, personal

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "lower": str.lower,
    "upper": str.upper,
    "folded": str.casefold,
    "key": comparison_key,
    "percent-encoded": quote,
    "as in a form": quote_plus,
    "percent-encoded twice": lambda value: quote(quote(value)),
    "JSON": json.dumps,
    "JSON in JSON": lambda value: json.dumps({"a": json.dumps({"b": value})}),
    "repr of bytes": lambda value: repr(value.encode()),
    "JSON of a repr": lambda value: json.dumps(repr(value.encode())),
    "ascii": ascii,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [NAME, FOREIGN_NAME, personal("x"), email("x"), SECRET])
def test_a_planted_leak_is_found_in_every_form(form: str, value: str) -> None:
    line = f'{{"event": "said", "error": "about {FORMS[form](value)}"}}'
    assert leaks({"log": line})


@pytest.mark.parametrize("part", ["Zebedee", "quux", "Zoë", "WEISSHÄUPL"])
def test_a_part_of_a_name_is_found(part: str) -> None:
    assert leaks({"log": f"… {part} …"})


def test_a_secret_is_found_and_anything_else_is_not() -> None:
    assert leaks({"log": "Bearer muster_abc"}, "muster_ABC")
    assert leaks({"log": '{"event": "scim_request_answered", "operation": "create_user"}'}) == []
