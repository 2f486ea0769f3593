"""Is a refusal told in words, by what the certificate says as far as it was seen?"""

import ssl

import pytest

from contracts.secure_connections.certificates import (
    EXPIRED,
    NOT_YET_VALID,
    OTHER_ADDRESS,
    OTHER_NAME,
    Shown,
    explained_failures,
    told,
)
from contracts.secure_connections.problems import ClientRefused, ServerWithoutTls, explained_in

LATER = "Dec 31 23:59:59 9999 GMT"
NAMED: Shown = {"subjectAltName": (("DNS", "a.example"), ("IP Address", "192.0.2.1"))}


def refused(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "refused")
    error.verify_code, error.verify_message = code, "unable to get certificate CRL"
    return error


@pytest.mark.parametrize(
    ("code", "shown", "words"),
    [
        (20, {}, "no trusted authority has issued the certificate of the server"),
        (7, {}, "no trusted authority has issued the certificate of the server"),
        (OTHER_NAME, NAMED, "is for 'a.example' and '192.0.2.1', not 'db'"),
        (OTHER_ADDRESS, {}, "is not for 'db'"),
        (EXPIRED, {"notAfter": "Nov 25 11:44:05 2020 GMT"},
         "has expired on Nov 25 11:44:05 2020 GMT"),
        (EXPIRED, {"notAfter": LATER}, "the server, or of its authority, has expired"),
        (EXPIRED, {}, "the server, or of its authority, has expired"),
        (NOT_YET_VALID, {"notBefore": LATER}, f"is valid from {LATER} on: see the clocks"),
        (3, {}, "the certificate of the server is refused: unable to get certificate CRL"),
    ],
)  # fmt: skip
def test_a_refused_certificate_is_told_in_words(code: int, shown: Shown, words: str) -> None:
    assert told(refused(code), "db", shown).endswith(words)


def alert(reason: str) -> OSError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "wants a certificate of the client"),
        (alert("SSLV3_ALERT_BAD_CERTIFICATE"), "refuses the certificate of the client"),
        (ConnectionResetError(), "does it want a certificate of the client"),
    ],
)
def test_a_server_that_hangs_up_is_asked_for_its_wishes(error: OSError, words: str) -> None:
    around = RuntimeError("the library's own")
    around.__cause__, error.__context__ = error, around  # a ring, as libraries make
    with (
        pytest.raises(ClientRefused, match=words) as caught,
        explained_failures(ssl.create_default_context()),
    ):
        raise around
    assert explained_in(caught.value) is caught.value


@pytest.mark.parametrize(
    "error", [alert("WRONG_VERSION_NUMBER"), ConnectionError("it has rejected SSL upgrade")]
)
def test_a_server_that_speaks_no_tls_is_told_as_such(error: OSError) -> None:
    context = ssl.create_default_context()
    with pytest.raises(ServerWithoutTls), explained_failures(context):
        raise error


@pytest.mark.parametrize("context", [None, ssl.create_default_context()])
def test_other_errors_stay_as_they_are(context: ssl.SSLContext | None) -> None:
    with pytest.raises(ConnectionRefusedError), explained_failures(context):
        raise ConnectionRefusedError
    with pytest.raises(ConnectionResetError), explained_failures(None):
        raise ConnectionResetError
