"""Where does a password lie? A URL holds it, or names a file that is read for each connection."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from contracts.secure_connections.problems import PasswordFileUnusable

PASSWORD_FILE = "password_file"  # noqa: S105  # the name of a parameter
"""The query parameter of Muster's own URLs that names the file of a password."""


def with_password_file(url: str, file: Path) -> str:
    """Return a URL that names the file of its password."""
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}{PASSWORD_FILE}={quote(str(file), safe='/')}"


def password_in(parameters: Mapping[str, str]) -> str | None:
    """Return the password of the file that the parameters of a URL name, as it is now.

    The end of its last line does not belong to it. None: no file is named.

    :raises PasswordFileUnusable: when the file cannot be read, or is empty.
    """
    if PASSWORD_FILE not in parameters:
        return None
    file = Path(parameters[PASSWORD_FILE])
    try:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise PasswordFileUnusable(f"no password at {file}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise PasswordFileUnusable(f"no password at {file}: the file is no text") from None
    if not password:
        raise PasswordFileUnusable(f"no password at {file}: the file is empty")
    return password
