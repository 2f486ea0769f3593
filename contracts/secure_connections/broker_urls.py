"""What does the URL of a broker say? It names servers, TLS, and the place of the password."""

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, quote, urlencode, urlsplit

from contracts.secure_connections.parameters import UrlRefused, check_known, parameters_in
from contracts.secure_connections.passwords import PASSWORD_FILE, password_in
from contracts.secure_connections.tls import Tls, TlsContexts, Verification
from contracts.servers import Server, servers_in

ROOTS, CERTIFICATE, KEY = ("cafile", "cacertfile"), "certfile", "keyfile"
"""Names of parameters. The first is that of Python's clients, the second that of RabbitMQ's."""

VERIFYING = {"verify": ("verify_peer", "verify_none"), "no_verify_ssl": ("0", "1")}
"""Parameters of RabbitMQ's and of Python's clients, with the values that verify a certificate and
that let everyone pass."""

OF_TLS = frozenset({*ROOTS, CERTIFICATE, KEY, *VERIFYING})
NOT_TAKEN = frozenset({"capath", "cadata"})
"""Parameters of Python's clients for authorities that are in no file."""

OF_THE_CLIENT = frozenset({"auth", "heartbeat", "name", "timeout"})
"""Parameters that the client reads itself."""


class BrokerUrl:
    """The URL of a broker, which may name several hosts of a cluster with commas between."""

    def __init__(self, text: str) -> None:
        """Read a URL.

        :raises ValueError: when it is not of a broker, or its parameters contradict each other, or
            have not one value each.
        """
        self.servers: Sequence[Server]
        self.servers, plain = servers_in(text)
        self._parts = urlsplit(plain)
        self._parameters = parameters_in(self._parts.query)
        check_known(self._parameters, OF_TLS | NOT_TAKEN | OF_THE_CLIENT | {PASSWORD_FILE})
        if self._parts.scheme not in {"amqp", "amqps"} or not self.servers:
            raise ValueError("not the URL of a broker")
        self.tls = tls_of(self._parts.scheme, self._parameters)
        self._contexts = TlsContexts(self.tls) if self.tls else None

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS context of a new connection; None if it is not encrypted.

        :raises TlsFileUnusable: when one of its files cannot be used.
        """
        return self._contexts.current() if self._contexts else None

    def with_password(self) -> str:
        """Return the URL of the first server as a client takes it, with the password of today.

        :raises PasswordFileUnusable: when the file of the password cannot be used.
        """
        others = {
            name: value
            for name, value in self._parameters.items()
            if name not in {*OF_TLS, PASSWORD_FILE}
        }
        password = password_in(self._parameters)
        parts = self._parts if password is None else _logged_in(self._parts, password)
        return parts._replace(query=urlencode(others)).geturl()


def tls_of(scheme: str, parameters: Mapping[str, str]) -> Tls | None:
    """Return the TLS of a broker's URL; None if it is not encrypted.

    :raises UrlRefused: when parameters contradict each other or the scheme.
    """
    if NOT_TAKEN & parameters.keys() or set(ROOTS) <= parameters.keys():
        raise UrlRefused("its authorities come from one file, that of cafile")
    if scheme == "amqp":
        if OF_TLS & parameters.keys():
            raise UrlRefused("parameters of TLS need amqps://")
        return None
    if KEY in parameters and CERTIFICATE not in parameters:
        raise UrlRefused("keyfile needs the certificate of certfile")
    for name, known in VERIFYING.items():
        if parameters.get(name, known[0]) not in known:
            raise UrlRefused(f"{name} is neither {' nor '.join(known)}")
    roots = next((parameters[name] for name in ROOTS if name in parameters), None)
    is_unverified = any(parameters.get(name) == it[1] for name, it in VERIFYING.items())
    if is_unverified and roots is not None:
        raise UrlRefused("without a verification the authorities of cafile have no effect")
    certificate, key = parameters.get(CERTIFICATE), parameters.get(KEY)
    return Tls(
        Verification.NOTHING if is_unverified else Verification.NAME,
        roots=Path(roots) if roots is not None else None,
        certificate=Path(certificate) if certificate is not None else None,
        key=Path(key) if key is not None else None,
    )


def _logged_in(parts: SplitResult, password: str) -> SplitResult:
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}")
