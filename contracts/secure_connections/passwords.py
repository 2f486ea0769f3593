"""Where does a password lie? A URL holds it, or names a file that is read for each connection."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from contracts.secure_connections.files import read_beginning
from contracts.secure_connections.problems import PasswordFileUnusable

PASSWORD_FILE = "password_file"  # noqa: S105  # the name of a parameter
"""The query parameter of Muster's own URLs that names the file of a password."""

BYTE_ORDER_MARK = "\ufeff"
"""A sign that editors put at the beginning of a file, and do not show."""

MOST_BYTES = 65_536
"""Bytes of the largest file: PostgreSQL takes no longer password, and RabbitMQ none so long."""


def with_password_file(url: str, file: Path) -> str:
    """Return a URL that names the file of its password."""
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}{PASSWORD_FILE}={quote(str(file), safe='/')}"


def password_in(parameters: Mapping[str, str]) -> str | None:
    """Return the password of the file that the parameters of a URL name, as it is now.

    The end of its last line does not belong to it. None: no file is named.

    :raises PasswordFileUnusable: when the file cannot be read, or holds no password.
    """
    if PASSWORD_FILE not in parameters:
        return None
    file = Path(parameters[PASSWORD_FILE])
    try:
        content = read_beginning(file, MOST_BYTES + 1)
        password = content[:MOST_BYTES].decode(encoding="utf-8")
    except OSError as error:
        raise PasswordFileUnusable(f"no password at {file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise PasswordFileUnusable(f"no password at {file}: the file is no text") from None
    password = password.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    lack = "is too large" if len(content) > MOST_BYTES else _lack_of(password)
    if lack is not None:
        raise PasswordFileUnusable(f"no password at {file}: the file {lack}")
    return password


def _lack_of(password: str) -> str | None:
    """Return why a text can be no password; None if it can be. A server would only refuse it."""
    if not password:
        return "is empty"
    if password.startswith(BYTE_ORDER_MARK):
        return "begins with a byte order mark, which has to go"
    if "\x00" in password:
        return "holds NUL, which no password can: is it UTF-16?"
    return "has more than one line" if "\n" in password else None
