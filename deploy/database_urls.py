"""Which driver and options does a database URL mean? Usual forms become URLs for our drivers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import URL, make_url

from contracts.secure_connections.parameters import UrlRefused, check_known, parameters_in
from contracts.secure_connections.passwords import PASSWORD_FILE
from contracts.secure_connections.tls import Tls, Verification
from contracts.servers import Server, query_in, servers_in

VERIFICATIONS: Mapping[str, Verification | None] = {
    "disable": None,
    "allow": None,
    "prefer": None,
    "require": Verification.NOTHING,
    "verify-ca": Verification.AUTHORITY,
    "verify-full": Verification.NAME,
}
"""The values of libpq's ``sslmode``. Those without a verification do not insist on encryption."""

MODE, ROOTS, CERTIFICATE, KEY = "sslmode", "sslrootcert", "sslcert", "sslkey"
"""Names of libpq's parameters of TLS, of which all but the first name files."""

SYSTEM = "system"
"""The value of ``sslrootcert`` that means the authorities which this system trusts."""

KINDS_OF_SERVERS = ("any", "read-write", "primary")
"""The values of libpq's ``target_session_attrs`` with which Muster can write."""

SERVERS = "servers"
"""The query parameter of Muster's own URLs that lists several servers."""

NOT_OF_THE_DRIVER = frozenset({SERVERS, MODE, ROOTS, CERTIFICATE, KEY, PASSWORD_FILE})
"""Query parameters that Muster reads itself, and takes away from what the driver is given."""


def async_url(text: str) -> URL:
    """Return the URL for the asynchronous driver of its database.

    ``postgres://`` and ``postgresql://`` mean asyncpg. Several hosts, with commas between, mean the
    host that takes writes, unless ``target_session_attrs`` says otherwise.

    :raises ArgumentError: when the text is no URL.
    :raises ValueError: when the URL names another kind of database, SQLite without a file, hosts
        that cannot be read, or a parameter that is unknown, has not one value, or contradicts
        another one.
    """
    scheme = text.partition("://")[0]
    servers, plain = servers_in(text) if scheme.startswith("postgres") else ([], text)
    url = make_url(plain)
    match url.get_backend_name():
        case "sqlite":
            return _of_a_file(url).set(drivername="sqlite+aiosqlite")
        case "postgres" | "postgresql":
            _check_options(parameters_in(query_in(plain)))
            tls_of(url)
            ours = url.set(drivername="postgresql+asyncpg")
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


def tls_of(url: URL) -> Tls | None:
    """Return the TLS on which a URL insists, as libpq reads it; None if it insists on none.

    Without ``sslrootcert`` the authorities of this system are trusted, and with it ``require``
    verifies as ``verify-ca`` does.

    :raises UrlRefused: when the URL names files that its ``sslmode`` makes no use of.
    """
    given = {
        name: str(url.query[name]) for name in (MODE, ROOTS, CERTIFICATE, KEY) & url.query.keys()
    }
    roots = given.get(ROOTS)
    verifies = VERIFICATIONS[given.get(MODE, "verify-full" if roots == SYSTEM else "prefer")]
    if verifies is None and given.keys() - {MODE}:
        raise UrlRefused("its files need sslmode=verify-full, verify-ca or require")
    if KEY in given and CERTIFICATE not in given:
        raise UrlRefused("sslkey needs the certificate of sslcert")
    if verifies is None:
        return None
    if verifies is Verification.NOTHING and roots == SYSTEM:
        raise UrlRefused("without a verification the authorities of sslrootcert have no effect")
    if verifies is Verification.NOTHING and roots is not None:
        verifies = Verification.AUTHORITY
    return Tls(
        verifies,
        roots=Path(roots) if roots not in (None, SYSTEM) else None,
        certificate=Path(given[CERTIFICATE]) if CERTIFICATE in given else None,
        key=Path(given[KEY]) if KEY in given else None,
    )


def _check_options(parameters: Mapping[str, str]) -> None:
    values = {MODE: tuple(VERIFICATIONS), "target_session_attrs": KINDS_OF_SERVERS}
    check_known(parameters, frozenset({*values, ROOTS, CERTIFICATE, KEY, PASSWORD_FILE}))
    for name, known in values.items():
        if parameters.get(name, known[0]) not in known:
            raise UrlRefused(f"{name} is none of {', '.join(known)}")


def _with_servers(url: URL, servers: Sequence[Server]) -> URL:
    listed = ",".join(
        f"[{it.host}]:{it.port}" if ":" in it.host else f"{it.host}:{it.port}" for it in servers
    )
    kind = {"target_session_attrs": "read-write", **url.query}["target_session_attrs"]
    return url.update_query_dict({SERVERS: listed, "target_session_attrs": kind})
