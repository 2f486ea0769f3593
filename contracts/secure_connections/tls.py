"""Which TLS has a connection? Its context trusts the files as they are when it is opened.

Kubernetes and others exchange the files of certificates while a process runs. Each new connection
looks at them, and a context is made anew once one of them has changed.
"""

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from contracts.secure_connections.files import read_beginning
from contracts.secure_connections.problems import TlsFileUnusable


class Verification(Enum):
    """The claim that the certificate of a server has to prove."""

    NOTHING = auto()
    """No claim: any host on the way can pass for the server."""
    AUTHORITY = auto()
    """A trusted authority has issued it."""
    NAME = auto()
    """A trusted authority has issued it for the host that the URL names."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A way to encrypt connections to a server.

    :param verifies: the claim that the certificate of the server has to prove.
    :param roots: the file of the trusted authorities; None: those of this system.
    :param certificate: the file of the client's own certificate; None: the client shows none.
    :param key: the file of its key; None: the key lies in the file of the certificate.
    """

    verifies: Verification
    roots: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def files(self) -> Sequence[Path]:
        """Return the files that a context is made from; those of this system may be a folder."""
        named = [file for file in (self.roots, self.certificate, self.key) if file is not None]
        if self.verifies is Verification.NOTHING or self.roots is not None:
            return named
        system = ssl.get_default_verify_paths()
        return [*named, *(Path(it) for it in (system.cafile, system.capath) if it)]


Stamp = tuple[int, int, int, int] | None
"""Device, inode, time of change and size of a file, which tell two files apart; None: no file."""


class TlsContexts:
    """The context of all new connections to one server, made anew when its files have changed."""

    def __init__(self, tls: Tls) -> None:
        self._tls = tls
        self._made: tuple[Sequence[Stamp], ssl.SSLContext] | None = None

    def current(self) -> ssl.SSLContext:
        """Return the context by the files as they are now.

        A certificate and its key are two files. If they are exchanged while they are read, they are
        read once more.

        :raises TlsFileUnusable: when one of the files cannot be used.
        """
        while True:
            stamps = self._stamps()
            if self._made is not None and self._made[0] == stamps:
                return self._made[1]
            try:
                self._made = stamps, _context(self._tls)
            except TlsFileUnusable:
                if stamps == self._stamps():
                    raise

    def _stamps(self) -> Sequence[Stamp]:
        return [_stamp(file) for file in self._tls.files()]


def _stamp(file: Path) -> Stamp:
    try:
        seen = os.stat(file)  # noqa: PTH116  # follows links, which Kubernetes exchanges
    except OSError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_mtime_ns, seen.st_size


def _context(tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = tls.verifies is Verification.NAME
    if tls.verifies is Verification.NOTHING:
        context.verify_mode = ssl.CERT_NONE
    elif tls.roots is None:
        context.set_default_verify_paths()
    else:
        _trust(context, tls.roots)
    if tls.certificate is not None:
        _show(context, tls.certificate, tls.key or tls.certificate)
    return context


def _trust(context: ssl.SSLContext, roots: Path) -> None:
    _see_to(roots, "no root certificate")
    try:
        context.load_verify_locations(cafile=roots)
    except ssl.SSLError as error:
        raise TlsFileUnusable(f"no root certificate at {roots}: the file holds none") from error


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    _see_to(certificate, "no certificate of the client")
    _see_to(key, "no key of the client")
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # never asks a terminal
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsFileUnusable(f"the key {key} is not that of {certificate}") from error
        raise TlsFileUnusable(
            f"no certificate and key of the client in {certificate} and {key}: both have to be PEM,"
            " and the key without a passphrase"
        ) from error


def _see_to(file: Path, lack: str) -> None:
    """Raise an error that names a file that cannot be read; the library's would not."""
    try:
        read_beginning(file, most=1)
    except OSError as error:
        raise TlsFileUnusable(f"{lack} at {file}: {error.strerror}") from error
