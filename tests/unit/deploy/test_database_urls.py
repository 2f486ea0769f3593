"""Which TLS does the URL of a database mean? The one that libpq would take it for."""

from pathlib import Path

import pytest

from contracts.secure_connections.tls import Tls, Verification
from deploy.database_urls import async_url, tls_of

CA, CERTIFICATE, KEY = Path("/tls/ca.crt"), Path("/tls/tls.crt"), Path("/tls/tls.key")
NAME, AUTHORITY, NOTHING = Verification.NAME, Verification.AUTHORITY, Verification.NOTHING


@pytest.mark.parametrize(
    ("query", "tls"),
    [
        ("", None),
        ("?sslmode=disable", None),
        ("?sslmode=allow", None),
        ("?sslmode=prefer", None),
        ("?sslmode=require", Tls(NOTHING)),
        ("?sslmode=require&sslrootcert=/tls/ca.crt", Tls(AUTHORITY, CA)),
        ("?sslmode=verify-ca", Tls(AUTHORITY)),
        ("?sslmode=verify-ca&sslrootcert=/tls/ca.crt", Tls(AUTHORITY, CA)),
        ("?sslmode=verify-full", Tls(NAME)),
        ("?sslmode=verify-full&sslrootcert=system", Tls(NAME)),
        ("?sslrootcert=system", Tls(NAME)),
        ("?sslmode=verify-full&sslrootcert=/tls/ca.crt&sslcert=/tls/tls.crt&sslkey=/tls/tls.key",
         Tls(NAME, CA, CERTIFICATE, KEY)),
        ("?sslmode=require&sslcert=/tls/tls.crt", Tls(NOTHING, None, CERTIFICATE)),
    ],
)  # fmt: skip
def test_the_parameters_of_a_url_are_its_tls(query: str, tls: Tls | None) -> None:
    assert tls_of(async_url(f"postgresql://u@db/x{query}")) == tls


@pytest.mark.parametrize(
    "query",
    [
        "?sslrootcert=/tls/ca.crt",
        "?sslmode=prefer&sslrootcert=/tls/ca.crt",
        "?sslmode=disable&sslcert=/tls/tls.crt",
        "?sslmode=require&sslrootcert=system",
        "?sslmode=verify-full&sslkey=/tls/tls.key",
        "?sslmode=verify-full&sslmode=verify-ca",
        "?sslmode=verified",
        "?sslcrl=/tls/crl",
        "?sslmode=",
        "?sslmode",
        "?sslrootcert=",
        "?sslmode=verify-full&sslrootcert=",
        "?sslmode=verify-full&sslrootcert=%00",
        "?target_session_attrs=any&target_session_attrs=any",
    ],
)
def test_parameters_that_would_secure_nothing_are_refused(query: str) -> None:
    with pytest.raises(ValueError, match=r"parameter|files|key|authorities|none of"):
        async_url(f"postgresql://u@db/x{query}")


def test_a_password_may_hold_the_signs_of_a_query() -> None:
    url = async_url("postgresql://u:p?a=&a=/x@db/x?sslmode=require")
    assert (url.password, tls_of(url)) == ("p?a=&a=/x", Tls(NOTHING))
