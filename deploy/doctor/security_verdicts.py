"""How is the connection to a server secured, and what does its URL leave open? Pure."""

from collections.abc import Mapping, Sequence

from api.admin.examination import Finding
from contracts.secure_connections.problems import (
    CertificateRefused,
    ClientRefused,
    ConnectionProblem,
    PasswordFileUnusable,
    ServerWithoutTls,
    TlsFileUnusable,
)
from contracts.secure_connections.tls import Tls, Verification
from contracts.servers import Server
from deploy.doctor.findings import problem, warning
from deploy.doctor.settings_verdicts import is_loopback

MANUAL = 'docs/operations.md, "TLS to databases and broker"'

SECURED: Mapping[Verification | None, str] = {
    Verification.NAME: "over TLS that proves its name",
    Verification.AUTHORITY: "over TLS that proves its authority, and not its name",
    Verification.NOTHING: "over TLS that proves nothing",
    None: "without TLS, or with TLS that proves nothing",
}

CODES: Mapping[type[ConnectionProblem], tuple[str, str]] = {
    TlsFileUnusable: ("tls-file-unusable", "put the file there, or let {variable} name another"),
    PasswordFileUnusable: ("password-file-unusable", "put the password there"),
    CertificateRefused: (
        "certificate-refused",
        "renew the server's certificate, or let {variable} name the right host and authority",
    ),
    ServerWithoutTls: ("no-tls", "let the server speak TLS, or {variable} name its port for TLS"),
    ClientRefused: (
        "client-refused",
        "let {variable} name a certificate and a key that the server takes",
    ),
}
"""The code of the finding about each problem, and the advice."""


def secured(tls: Tls | None) -> str:
    """Return how a connection is secured, in words that follow an answer."""
    return SECURED[tls.verifies if tls else None]


def security_verdicts(
    about: str, variable: str, servers: Sequence[Server], tls: Tls | None
) -> Sequence[Finding]:
    """Return the warning about a connection that others can listen to or take over, if it is one.

    :param variable: the variable of the server's URL.
    """
    if all(is_loopback(server.host) for server in servers):
        return []
    if tls is None or tls.verifies is Verification.NOTHING:
        return [
            warning(
                about,
                "unverified-server",
                f"Anybody on the way to the server of {variable} can pass for it: no certificate"
                " is verified.",
                f"let {variable} verify the name of its server ({MANUAL})",
            )
        ]
    if tls.verifies is Verification.AUTHORITY and tls.roots is None:
        return [
            warning(
                about,
                "unverified-name",
                f"Anybody with a certificate of a public authority can pass for the server of"
                f" {variable}: its name is not verified.",
                f"set sslmode=verify-full in {variable}, or name an sslrootcert of your own",
            )
        ]
    return []


def refused_verdict(about: str, variable: str, refused: ConnectionProblem) -> Finding:
    """Return the finding about a connection that its TLS or its password has prevented."""
    code, advice = CODES[type(refused)]
    says = f"The connection of {variable} does not come about: {refused}."
    return problem(about, code, says, advice.format(variable=variable))
