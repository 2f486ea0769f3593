"""Does the request log show what a request is about, and nobody whom it is about?"""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.requests.known_words import KNOWN, PATHS
from api.requests.masking import (
    WORD,
    resource_in,
    shown_detail,
    shown_method,
    shown_path,
    shown_query,
)
from tests.personal_data.marks import FOREIGN_NAME, NAME, leaks

ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", "/"),
        ("/Users", "/Users"),
        ("/Users/", "/Users/"),
        (f"/Users/{ID}", f"/Users/{ID}"),
        ("/Users/ada@acme.test", "/Users/…"),
        ("/Users/.search", "/Users/.search"),
        ("/ada/lovelace", "/…/…"),
        ("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",) * 2,
    ],
)
def test_a_path_shows_endpoints_and_ids(path: str, shown: str) -> None:
    assert shown_path(path) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, ""),
        (
            {"filter": 'userName eq "ada@acme.test"', "startIndex": 1, "count": 100},
            "?filter=userName eq …&startIndex=1&count=100",
        ),
        (
            {"filter": 'emails[type eq "work" and value co "ada"] or not (active eq true)'},
            "?filter=emails[type eq … and value co …] or not (active eq true)",
        ),
        ({"filter": 'userName eq "ada'}, "?filter=userName eq …"),
        ({"filter": "employeeNumber eq 4711"}, "?filter=employeeNumber eq …"),
        (
            {"attributes": "userName,name.familyName,Lovelace", "cursor": "abc"},
            "?attributes=userName,name.familyName,…&cursor=…",
        ),
        (
            {"sortBy": "userName", "sortOrder": "descending"},
            "?sortBy=userName&sortOrder=descending",
        ),
        ({"count": "ada", "ada": "lovelace"}, "?count=…&…"),
    ],
)
def test_a_query_shows_its_structure_without_values(query: dict[str, object], shown: str) -> None:
    assert shown_query(urlencode(query).encode()) == shown


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ("userName is already taken",) * 2,
        ("The body is larger than 16777216 bytes; send less",) * 2,
        ("Input should be a valid boolean, unable to interpret input: active",) * 2,
        ("User 'ada' not found", "User '…' not found"),
        ("'name.familyName' is read-only",) * 2,
        ("'Lovelace.x' is not an attribute of the schema", "'…' is not an attribute of the schema"),
        ("No SCIM endpoint at '/Users/0171 23'", "No SCIM endpoint at '…'"),
        (
            "The bulkId ada-1 is not unique in the request",
            "The bulkId … is not unique in the request",
        ),
        ("Invalid URI: https://ada.test/of lovelace", "Invalid URI: …/of …"),
    ],
)
def test_a_detail_shows_what_is_wrong_without_the_value(detail: str, shown: str) -> None:
    assert shown_detail(detail) == shown


@pytest.mark.parametrize("quoted", [repr, ascii, quote, str, lambda it: f'"{it}"'], ids="abcde")
@pytest.mark.parametrize("name", [NAME, FOREIGN_NAME, f"{NAME} {FOREIGN_NAME}", f"O'{NAME}'\"x"])
def test_no_spelling_of_a_name_is_shown(name: str, quoted: type[str]) -> None:
    text = quoted(name)
    shown = {
        "method": shown_method(text.upper()),
        "path": shown_path(f"/Users/{text}/{text}"),
        "filter": shown_query(urlencode({"filter": f"userName eq {text}"}).encode()),
        "query": shown_query(urlencode({text: text, "attributes": text}).encode()),
        "raw query": shown_query(f"filter={text}&{text}&count={text}".encode()),
        "detail": shown_detail(f"User {text} not found"),
    }
    assert leaks(shown) == []


@given(st.text(max_size=60))
def test_no_word_is_shown_that_is_not_known(text: str) -> None:
    for shown in (
        shown_detail(text),
        shown_detail(f"User {text!r} not found"),
        shown_query(urlencode({"filter": text, "sortBy": text}).encode()),
    ):
        plain = [word for word in WORD.findall(shown) if not word.isdigit()]
        assert set(plain) <= KNOWN
        assert all(character == "…" or " " <= character <= "~" for character in shown)


@given(st.text(max_size=60))
def test_no_part_of_a_path_is_shown_that_is_not_known(text: str) -> None:
    assert set(shown_path(f"/Users/{text}").split("/")) <= {"", "…", *PATHS}


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        (f"/Users/{ID}", ID),
        (f"https://muster.test/scim/v2/acme/Groups/{ID}", ID),
        ("/Users", None),
        ("/Users/ada", None),
    ],
)
def test_a_path_names_the_resource_by_its_id(path: str, resource: str | None) -> None:
    assert resource_in(path) == resource
