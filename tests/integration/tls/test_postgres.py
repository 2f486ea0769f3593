"""Is a database used only if it proves who it is? Asked of a server with a private authority."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from contracts.health import run_checks
from contracts.secure_connections.passwords import with_password_file
from contracts.secure_connections.problems import (
    CertificateRefused,
    PasswordFileUnusable,
    TlsFileUnusable,
)
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DOWNSTREAM
from deploy.databases.open_databases import UnusableDatabase, open_downstream
from deploy.databases.writability import check_of_writes
from deploy.settings import read_settings
from tests.integration.tls.conftest import Authorities
from tests.servers.secured_postgres import CHECKED, SecuredPostgres
from worker.dialects import DownstreamDatabase
from worker.write_probe import try_writing

pytestmark = pytest.mark.postgres

ENCRYPTED = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
OVER = timedelta(days=-2)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[DownstreamDatabase]:
    reading, writing = open_engines(url)
    try:
        yield DownstreamDatabase(reading, writing)
    finally:
        await reading.dispose()
        await writing.dispose()


async def is_encrypted(database: DownstreamDatabase) -> bool:
    """Return whether a new session of a database is encrypted."""
    async with database.writing.connect() as session:
        await session.invalidate()
    async with database.writing.connect() as session:
        return bool(await session.scalar(ENCRYPTED))


async def refusal_of(url: str) -> str:
    """Return why a database cannot be opened, as an operator reads it."""
    with pytest.raises(UnusableDatabase) as caught:
        async with open_downstream(read_settings(downstream_database_url=url)):
            pass
    found, _, reason = str(caught.value).partition(" cannot be used: ")
    assert found == "the database of MUSTER_DOWNSTREAM_DATABASE_URL"
    return reason


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_the_right_certificate_passes(
    postgres: SecuredPostgres, trusted: Path, mode: str
) -> None:
    async with opened(postgres.url(sslmode=mode, sslrootcert=trusted)) as database:
        assert await is_encrypted(database)


@pytest.mark.parametrize(("mode", "encrypted"), [("disable", False), ("require", True)])
async def test_a_server_that_need_prove_nothing_is_encrypted_or_not_as_is_said(
    postgres: SecuredPostgres, mode: str, encrypted: bool
) -> None:
    async with opened(postgres.url(sslmode=mode)) as database:
        assert await is_encrypted(database) is encrypted


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_a_certificate_of_another_authority_is_refused(
    postgres: SecuredPostgres, authorities: Authorities, mode: str
) -> None:
    url = postgres.url(sslmode=mode, sslrootcert=authorities.other.trusted)
    reason = "no trusted authority has issued the certificate of the server"
    assert await refusal_of(url) == reason


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
async def test_the_authorities_of_the_system_are_the_default(
    postgres: SecuredPostgres, trusted: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "no trusted authority has issued the certificate of the server"
    assert await refusal_of(postgres.url(sslmode=mode)) == reason
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))  # OpenSSL's way to name them
    async with opened(postgres.url(sslmode=mode)) as database:
        assert await is_encrypted(database)


async def test_an_expired_certificate_is_refused_with_its_date(
    postgres: SecuredPostgres, authorities: Authorities, trusted: Path
) -> None:
    await postgres.show(authorities.ours.issue("localhost", OVER), trusted)
    reason = await refusal_of(postgres.url(sslmode="verify-ca", sslrootcert=trusted))
    assert reason.startswith("the certificate of the server has expired on ")
    assert reason.endswith(" GMT")


async def test_a_certificate_for_another_host_is_refused_where_the_name_counts(
    postgres: SecuredPostgres, authorities: Authorities, trusted: Path
) -> None:
    await postgres.show(authorities.ours.issue("db.example.com"), trusted)
    reason = await refusal_of(postgres.url(sslmode="verify-full", sslrootcert=trusted))
    assert reason == "the certificate of the server is for 'db.example.com', not 'localhost'"
    async with opened(postgres.url(sslmode="verify-ca", sslrootcert=trusted)) as database:
        assert await is_encrypted(database)


async def test_a_certificate_of_the_client_is_shown(
    postgres: SecuredPostgres, authorities: Authorities, trusted: Path
) -> None:
    login, verified = f"{CHECKED}:{CHECKED}", {"sslmode": "verify-full", "sslrootcert": trusted}
    client, stranger = authorities.client, authorities.other.issue("muster")
    shown = {"sslcert": client.certificate, "sslkey": client.key}
    async with opened(postgres.url(login, **verified, **shown)) as database:
        assert await is_encrypted(database)
    wanted = "the server wants a certificate of the client that is good for that user"
    assert await refusal_of(postgres.url(login, **verified)) == wanted
    wrong = {"sslcert": stranger.certificate, "sslkey": stranger.key}
    assert "certificate of the client" in await refusal_of(postgres.url(login, **verified, **wrong))


async def test_a_missing_file_is_named(postgres: SecuredPostgres, tmp_path: Path) -> None:
    gone = tmp_path / "gone.pem"
    reason = await refusal_of(postgres.url(sslmode="verify-full", sslrootcert=gone))
    assert reason == f"no root certificate at {gone}: No such file or directory"


async def test_a_server_without_tls_is_told_as_such(
    postgres: SecuredPostgres, trusted: Path
) -> None:
    await postgres.show_none()
    reason = await refusal_of(postgres.url(sslmode="verify-full", sslrootcert=trusted))
    assert reason == "the server does not speak TLS there"


async def test_migrations_come_over_a_verified_connection(
    postgres: SecuredPostgres, authorities: Authorities, trusted: Path
) -> None:
    await postgres.run(f"CREATE DATABASE {CHECKED} OWNER {CHECKED}")
    client = authorities.client
    verified = {"sslmode": "verify-full", "sslrootcert": trusted}
    shown = {"sslcert": client.certificate, "sslkey": client.key}
    url = postgres.url(f"{CHECKED}:{CHECKED}", CHECKED, **verified, **shown)
    async with opened(url) as database:
        await DOWNSTREAM.migrate(database.writing)
        await DOWNSTREAM.ensure_current(database.reading, database.writing)


async def test_certificates_are_rotated_under_a_running_process(
    postgres: SecuredPostgres, authorities: Authorities, trusted: Path
) -> None:
    url = postgres.url(sslmode="verify-full", sslrootcert=trusted)
    async with opened(url) as database:
        assert await is_encrypted(database)
        await postgres.show(authorities.other.issue("localhost"), authorities.other.trusted)
        with pytest.raises(CertificateRefused):
            await is_encrypted(database)
        check = check_of_writes("database", database.read, [], partial(try_writing, database))
        assert (await run_checks([check])).problems == (
            "database: no trusted authority has issued the certificate of the server",
        )
        trusted.write_bytes(authorities.other.trusted.read_bytes())
        assert await is_encrypted(database)
        trusted.unlink()
        with pytest.raises(TlsFileUnusable):
            await is_encrypted(database)


async def test_a_password_is_rotated_under_a_running_process(
    postgres: SecuredPostgres, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    await postgres.run("CREATE ROLE rotated LOGIN PASSWORD 'first of two'")
    file.write_text("first of two\n")
    async with opened(with_password_file(postgres.url("rotated"), file)) as database:
        assert await is_encrypted(database)
        await postgres.run("ALTER ROLE rotated PASSWORD 'second/of?two'")
        file.write_text("second/of?two")
        assert await is_encrypted(database)
        file.write_text("\n")
        with pytest.raises(PasswordFileUnusable):
            await is_encrypted(database)
