"""Is a password read from the file that a URL names, each time anew?"""

import os
from pathlib import Path

import pytest
from sqlalchemy import make_url
from yarl import URL

from contracts.secure_connections.passwords import PASSWORD_FILE, password_in, with_password_file
from contracts.secure_connections.problems import PasswordFileUnusable


@pytest.mark.parametrize("url", ["amqp://u@b/", "postgresql://u@db/x?sslmode=require"])
def test_a_url_names_the_file(url: str) -> None:
    named = with_password_file(url, Path("/run/secrets/a b&c"))
    assert URL(named).query[PASSWORD_FILE] == "/run/secrets/a b&c"
    assert make_url(named).query[PASSWORD_FILE] == "/run/secrets/a b&c"


@pytest.mark.parametrize("text", ["pass word", "pass word\n", "pass word\r\n"])
def test_the_end_of_the_line_is_not_a_part_of_the_password(tmp_path: Path, text: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(text.encode())
    assert password_in({PASSWORD_FILE: str(file)}) == "pass word"


def test_a_url_may_name_no_file() -> None:
    assert password_in({"sslmode": "require"}) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "No such file or directory", id="missing"),
        pytest.param(b"\n", "the file is empty", id="empty"),
        pytest.param(b"\xff", "no text", id="no text"),
        pytest.param(b"\xef\xbb\xbfpass\n", "a byte order mark", id="byte order mark"),
        pytest.param("pass\n".encode("utf-16-le"), "NUL", id="UTF-16"),
        pytest.param(b"pass\nword\n", "more than one line", id="two lines"),
        pytest.param(b"x" * 65_537, "the file is too large", id="too large"),
        pytest.param(b"pass\rword", "more than one line", id="two lines of an old Mac"),
    ],
)
def test_a_file_that_holds_no_password_is_named(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PasswordFileUnusable, match=f"no password at {file}: .*{told}"):
        password_in({PASSWORD_FILE: str(file)})


def test_the_longest_password_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"x" * 65_535 + b"\n")
    assert password_in({PASSWORD_FILE: str(file)}) == "x" * 65_535


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "password"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case _:
            path.symlink_to("/dev/zero")
    with pytest.raises(PasswordFileUnusable, match=f"no password at {path}: (Is a|Not a) "):
        password_in({PASSWORD_FILE: str(path)})
