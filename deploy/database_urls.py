"""Which driver and options does a database URL mean? The forms that people paste, understood."""

from sqlalchemy import URL, make_url

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def async_url(text: str) -> URL:
    """Return the URL for the asynchronous driver of its database.

    ``postgres://`` and ``postgresql://`` mean asyncpg, and libpq's ``sslmode`` its ``ssl``.

    :raises ArgumentError: when it is no URL.
    :raises ValueError: when it names another database, SQLite without a file, or a parameter that
        is not a known ``sslmode``.
    """
    url = make_url(text)
    match url.get_backend_name():
        case "sqlite":
            return _of_a_file(url).set(drivername="sqlite+aiosqlite")
        case "postgres" | "postgresql":
            return _with_ssl(url.set(drivername="postgresql+asyncpg"))
        case _:
            raise ValueError("neither PostgreSQL nor SQLite")


def _of_a_file(url: URL) -> URL:
    if url.query or not url.database or url.database == ":memory:":
        raise ValueError("neither a file nor that alone")
    return url


def _with_ssl(url: URL) -> URL:
    if url.query.keys() - {"sslmode"}:
        raise ValueError("unknown parameter")
    if "sslmode" not in url.query:
        return url
    mode = url.query["sslmode"]
    if mode not in SSL_MODES:
        raise ValueError("unknown sslmode")
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": str(mode)})
