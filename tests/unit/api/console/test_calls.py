"""Are requests told in plain words, and by what the log knows alone?"""

import pytest

from api.console.calls import short_path, told_answer, told_call, told_seconds, tone_of_answer

USER = "/Users/" + "a" * 32


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/Users", "Created a user"),
        ("GET", USER, "Looked at a user"),
        ("GET", "/Users?filter=userName eq …", "Looked up a user by userName"),
        ("GET", "/Users?startIndex=1&filter=emails.value eq …", "Looked up a user by emails"),
        ("GET", "/Users?filter=… eq …", "Looked up users"),
        ("GET", "/Groups?startIndex=1&count=100", "Listed groups"),
        ("PATCH", USER, "Changed a user"),
        ("PUT", USER, "Updated a user"),
        ("DELETE", USER, "Deleted a user"),
        ("PATCH", "/Groups/" + "b" * 32, "Changed a group or its members"),
        ("POST", "/Users/.search", "Searched for users"),
        ("POST", "/.search", "Searched for users or groups"),
        ("POST", "/Bulk", "Sent several changes at once"),
        ("GET", "/ServiceProviderConfig", "Asked what Muster supports"),
        ("GET", "/…", "Used an address that Muster does not offer"),
        ("OTHER", "/", "Used an address that Muster does not offer"),
    ],
)
def test_a_call_is_told_by_method_and_path(method: str, path: str, words: str) -> None:
    assert told_call(method, path, 200) == words


def test_a_refused_call_was_an_attempt() -> None:
    assert told_call("POST", "/Users", 409) == "Tried to create a user"


def test_an_answer_has_a_word_and_a_tone() -> None:
    found = [(told_answer(it), tone_of_answer(it)) for it in (204, 304, 404, 429, 431, 500, 503)]
    assert found == [
        ("Done", "good"),
        ("Done", "good"),
        ("Refused", "bad"),
        ("Asked to wait", "warn"),
        ("Refused", "bad"),
        ("Failed", "bad"),
        ("Failed", "bad"),
    ]


def test_ids_and_long_paths_are_cut() -> None:
    assert short_path(USER) == "/Users/aaaaaaaa…"
    assert len(short_path("/" + "Users/" * 100)) == 121


def test_durations_are_short() -> None:
    assert (told_seconds(0.0042), told_seconds(12.34)) == ("4 ms", "12.3 s")
