"""What does the URL of a broker say of TLS, and what is left of it for the client?"""

from pathlib import Path

import pytest

from contracts.secure_connections.broker_urls import BrokerUrl
from contracts.secure_connections.passwords import with_password_file
from contracts.secure_connections.tls import Tls, Verification

CA, CERTIFICATE, KEY = Path("/tls/ca.crt"), Path("/tls/tls.crt"), Path("/tls/tls.key")


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("amqp://b/", None),
        ("amqps://b/", Tls(Verification.NAME)),
        ("amqps://b/?cafile=/tls/ca.crt", Tls(Verification.NAME, CA)),
        ("amqps://b/?cacertfile=/tls/ca.crt&verify=verify_peer", Tls(Verification.NAME, CA)),
        ("amqps://b/?certfile=/tls/tls.crt&keyfile=/tls/tls.key",
         Tls(Verification.NAME, None, CERTIFICATE, KEY)),
        ("amqps://b/?verify=verify_none", Tls(Verification.NOTHING)),
        ("amqps://b/?no_verify_ssl=1", Tls(Verification.NOTHING)),
        ("amqps://b/?no_verify_ssl=0", Tls(Verification.NAME)),
    ],
)  # fmt: skip
def test_the_parameters_of_a_url_are_its_tls(url: str, tls: Tls | None) -> None:
    assert BrokerUrl(url).tls == tls


@pytest.mark.parametrize(
    "url",
    [
        "http://b/",
        "amqp:///",
        "amqp://b/?cafile=/tls/ca.crt",
        "amqps://b/?capath=/tls",
        "amqps://b/?cafile=/tls/ca.crt&cacertfile=/tls/ca.crt",
        "amqps://b/?keyfile=/tls/tls.key",
        "amqps://b/?verify=none",
        "amqps://b/?sslrootcert=/tls/ca.crt",
        "amqp://b/?auth_mechanism=external",
        "amqps://b/?no_verify_ssl=true",
        "amqps://b/?cafile=/tls/ca.crt&verify=verify_none",
        "amqps://b/?cafile=",
        "amqps://b/?verify",
        "amqps://b/?certfile=/tls/tls.crt&keyfile=",
        "amqps://b/?cafile=%00",
        "amqps://b/?verify=verify_peer&verify=verify_none",
    ],
)
def test_parameters_that_would_secure_nothing_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|file|key|neither|parameter"):
        BrokerUrl(url)


def test_the_client_gets_the_first_server_and_its_own_parameters() -> None:
    url = BrokerUrl("amqps://u:p%2F@a,b:1/v%2Fh?auth=external&cafile=/tls/ca.crt&heartbeat=9")
    assert url.with_password() == "amqps://u:p%2F@a/v%2Fh?auth=external&heartbeat=9"
    assert [server.host for server in url.servers] == ["a", "b"]


def test_the_client_gets_the_password_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    url = BrokerUrl(with_password_file("amqp://u@[::1]:5673/", file))
    file.write_text("a/b@c")
    assert url.with_password() == "amqp://u:a%2Fb%40c@[::1]:5673/"
    file.write_text("next")
    assert url.with_password() == "amqp://u:next@[::1]:5673/"
