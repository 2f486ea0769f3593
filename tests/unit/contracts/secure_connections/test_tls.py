"""Is a context made from the files as they are now, and does an error name the one that lacks?"""

import os
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.secure_connections.problems import TlsFileUnusable
from contracts.secure_connections.tls import Tls, TlsContexts, Verification
from tests.servers.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_a_context_is_made_once_while_its_files_stay(authority: Authority) -> None:
    contexts = TlsContexts(Tls(Verification.NAME, roots=authority.trusted))
    assert contexts.current() is contexts.current()


def test_a_context_is_made_anew_when_a_file_is_replaced(
    authority: Authority, tmp_path: Path
) -> None:
    link, other = tmp_path / "ca.crt", tmp_path / "other"
    other.mkdir()
    link.symlink_to(authority.trusted)
    contexts = TlsContexts(Tls(Verification.NAME, roots=link))
    before = contexts.current()
    new = tmp_path / "new"
    new.symlink_to(Authority(other).trusted)
    os.replace(new, link)  # noqa: PTH105  # as Kubernetes exchanges what it has mounted
    after = contexts.current()
    assert after.get_ca_certs() != before.get_ca_certs()


def test_authorities_of_the_system_are_read_anew_as_well(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = tmp_path / "store.pem", tmp_path / "other"
    other.mkdir()
    store.write_bytes(authority.trusted.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(store))
    contexts = TlsContexts(Tls(Verification.NAME))
    before = contexts.current()
    store.write_bytes(store.read_bytes() + Authority(other).trusted.read_bytes())
    assert len(contexts.current().get_ca_certs()) == len(before.get_ca_certs()) + 1


def test_files_that_come_later_are_found(authority: Authority, tmp_path: Path) -> None:
    late = tmp_path / "late.pem"
    contexts = TlsContexts(Tls(Verification.AUTHORITY, roots=late))
    with pytest.raises(TlsFileUnusable, match=f"no root certificate at {late}: No such file"):
        contexts.current()
    late.write_bytes(authority.trusted.read_bytes())
    assert len(contexts.current().get_ca_certs()) == 1


def test_a_file_without_a_certificate_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(TlsFileUnusable, match=f"no root certificate at {empty}: the file holds"):
        TlsContexts(Tls(Verification.NAME, roots=empty)).current()


def test_a_key_has_to_be_that_of_the_certificate(authority: Authority) -> None:
    one, other = authority.issue("muster"), authority.issue("muster", timedelta(days=1))
    fits = Tls(Verification.NOTHING, certificate=one.certificate, key=one.key)
    assert TlsContexts(fits).current().verify_mode is ssl.CERT_NONE
    mixed = Tls(Verification.NOTHING, certificate=one.certificate, key=other.key)
    with pytest.raises(TlsFileUnusable, match=f"{other.key} is not that of {one.certificate}"):
        TlsContexts(mixed).current()


@pytest.mark.parametrize("lacks", ["certificate", "key"])
def test_a_missing_certificate_or_key_of_the_client_is_named(
    authority: Authority, tmp_path: Path, lacks: str
) -> None:
    issued, gone = authority.issue("muster"), tmp_path / "gone"
    files = {"certificate": issued.certificate, "key": issued.key} | {lacks: gone}
    with pytest.raises(TlsFileUnusable, match=f"no {lacks} of the client at {gone}: No such file"):
        TlsContexts(Tls(Verification.NAME, **files)).current()


def test_a_key_in_the_file_of_the_certificate_needs_no_file_of_its_own(
    authority: Authority, tmp_path: Path
) -> None:
    issued, both = authority.issue("muster"), tmp_path / "both.pem"
    both.write_bytes(issued.certificate.read_bytes())
    with pytest.raises(TlsFileUnusable, match="both have to be PEM"):
        TlsContexts(Tls(Verification.NOTHING, certificate=both)).current()
    both.write_bytes(issued.certificate.read_bytes() + issued.key.read_bytes())
    TlsContexts(Tls(Verification.NOTHING, certificate=both)).current()


@pytest.mark.parametrize("file", ["roots", "certificate", "key"])
def test_a_pipe_is_named_and_not_waited_for(
    authority: Authority, tmp_path: Path, file: str
) -> None:
    issued, pipe = authority.issue("muster"), tmp_path / "pipe"
    os.mkfifo(pipe)
    files = {"certificate": issued.certificate, "key": issued.key} | {file: pipe}
    with pytest.raises(TlsFileUnusable, match=f"at {pipe}: Not a regular file"):
        TlsContexts(Tls(Verification.NAME, **files)).current()
