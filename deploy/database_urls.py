"""Which driver and options does a database URL mean? Usual forms become URLs for our drivers."""

from collections.abc import Sequence

from sqlalchemy import URL, make_url

from contracts.servers import Server, servers_in

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

KINDS_OF_SERVERS = ("any", "read-write", "primary")
"""The values of libpq's ``target_session_attrs`` with which Muster can write."""

SERVERS = "servers"
"""The query parameter of Muster's own URLs that lists several servers."""


def async_url(text: str) -> URL:
    """Return the URL for the asynchronous driver of its database.

    ``postgres://`` and ``postgresql://`` mean asyncpg, and libpq's ``sslmode`` its ``ssl``. Several
    hosts, with commas between, mean the host that takes writes, unless ``target_session_attrs``
    says otherwise.

    :raises ArgumentError: when the text is no URL.
    :raises ValueError: when the URL names another kind of database, SQLite without a file, hosts
        that cannot be read, or a parameter that is not a known ``sslmode`` or
        ``target_session_attrs``.
    """
    scheme = text.partition("://")[0]
    servers, plain = servers_in(text) if scheme.startswith("postgres") else ([], text)
    url = make_url(plain)
    match url.get_backend_name():
        case "sqlite":
            return _of_a_file(url).set(drivername="sqlite+aiosqlite")
        case "postgres" | "postgresql":
            ours = _with_options(url).set(drivername="postgresql+asyncpg")
            return _with_servers(ours, servers) if len(servers) > 1 else ours
        case _:
            raise ValueError("neither PostgreSQL nor SQLite")


def servers_of(url: URL) -> Sequence[Server]:
    """Return the servers that a URL of ``async_url`` names; none if the driver has to choose."""
    if SERVERS in url.query:
        return servers_in(f"postgresql://{url.query[SERVERS]}")[0]
    if not url.host:
        return []
    host = f"[{url.host}]" if ":" in url.host else url.host
    return servers_in(f"postgresql://{host}:{url.port or 5432}")[0]


def _of_a_file(url: URL) -> URL:
    if url.query or not url.database or url.database == ":memory:":
        raise ValueError("neither a file nor that alone")
    return url


def _with_options(url: URL) -> URL:
    known = {"sslmode": SSL_MODES, "target_session_attrs": KINDS_OF_SERVERS}
    for name, value in url.query.items():
        if value not in known.get(name, ()):
            raise ValueError("unknown parameter or value")
    if "sslmode" not in url.query:
        return url
    mode = str(url.query["sslmode"])
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})


def _with_servers(url: URL, servers: Sequence[Server]) -> URL:
    listed = ",".join(
        f"[{it.host}]:{it.port}" if ":" in it.host else f"{it.host}:{it.port}" for it in servers
    )
    kind = {"target_session_attrs": "read-write", **url.query}["target_session_attrs"]
    return url.update_query_dict({SERVERS: listed, "target_session_attrs": kind})
