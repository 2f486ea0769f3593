"""How do tests come by certificates? An authority of their own issues them, as wrong as wanted."""

import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def _new_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, each in a file."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority whose own certificate lies in ``folder``, in the file ``trusted``."""

    folder: Path
    _key: EllipticCurvePrivateKey = field(default_factory=_new_key)

    @property
    def trusted(self) -> Path:
        """Return the file that makes a client trust this authority."""
        path = self.folder / "authority.pem"
        if not path.exists():
            name = _named("Authority of tests")
            path.write_bytes(self._issued(name, self._key, timedelta(days=3650), None))
        return path

    def server(self, host: str, lifetime: timedelta) -> ssl.SSLContext:
        """Return the context of a server with a certificate for a host name.

        :param lifetime: from now to its end; a negative one has ended.
        """
        issued = self.issue(host, lifetime)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        return context

    def issue(self, name: str, lifetime: timedelta = timedelta(days=90)) -> Issued:
        """Issue a certificate for a host name, or for a client of this name.

        :param lifetime: from now to its end; a negative one has ended.
        """
        key = _new_key()
        file = self.folder / f"of-{token_hex(8)}"  # earlier ones stay as they are
        issued = Issued(file.with_suffix(".pem"), file.with_suffix(".key"))
        issued.certificate.write_bytes(self._issued(_named(name), key, lifetime, name))
        form = PrivateFormat.PKCS8
        issued.key.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
        return issued

    def _issued(
        self,
        subject: x509.Name,
        key: EllipticCurvePrivateKey,
        lifetime: timedelta,
        host: str | None,
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_named("Authority of tests"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + lifetime)
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        )
        if host is not None:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
