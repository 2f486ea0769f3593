"""What does each database look like from here? A session asks PostgreSQL, and changes nothing."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import String, column, inspect, select, table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.examination import Finding
from api.directory.administration_tables import AuditEntry
from api.directory.tables import ApiTable
from contracts.secure_connections.problems import explained_in
from deploy.database_urls import async_url, servers_of, tls_of
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from deploy.databases.open_databases import Trouble, cause_of, trouble_of
from deploy.databases.shared_sessions import refuse_shared_sessions
from deploy.doctor.clock_verdicts import clock_verdict
from deploy.doctor.database_verdicts import (
    SchemaSeen,
    ServerSeen,
    Side,
    schema_verdict,
    server_verdicts,
)
from deploy.doctor.files import look_at_file
from deploy.doctor.findings import fine, problem
from deploy.doctor.security_verdicts import refused_verdict, secured, security_verdicts
from deploy.settings import Settings
from worker.platforms.sql import tables as _tables_of_the_platform  # noqa: F401  # registers them
from worker.schema import WorkerTable
from worker.sync import tables as _tables_of_the_worker  # noqa: F401  # as above

SERVER = text("""
    SELECT current_setting('server_version_num')::integer / 10000 AS version,
        current_setting('transaction_read_only') = 'on' AS is_read_only,
        current_setting('server_encoding') AS encoding,
        least(
            current_setting('max_connections')::integer
                - current_setting('superuser_reserved_connections')::integer,
            (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
            (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)
        ) AS sessions,
        extract(epoch FROM clock_timestamp())::float AS clock
""")

FORBIDDEN = text("""
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid) AND (
        relname = ANY(:read) AND NOT has_table_privilege(oid, 'SELECT')
        OR relname = ANY(:written) AND NOT has_table_privilege(oid, 'INSERT')
        OR relname = ANY(:changed)
            AND NOT (has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
    )
""")

ADVICE: Mapping[Trouble, str] = {
    Trouble.NOTHING_ANSWERS: "start the server, or set {variable} to its host and port",
    Trouble.NO_HOST: "set {variable} to a host that this machine can look up",
    Trouble.NO_ANSWER_IN_TIME: "let the network and its firewalls pass connections to the server",
    Trouble.NO_WRITER: "set {variable} to all servers, or let one of them take writes",
    Trouble.NO_DATABASE: "CREATE DATABASE it, then muster migrate; or set {variable} to another",
    Trouble.REFUSED_USER: "set {variable} to a user and a password that the server knows",
    Trouble.REFUSED_CERTIFICATE: "name a certificate by sslcert and sslkey in {variable}",
    Trouble.NOT_ALLOWED: "GRANT CONNECT on the database to the user, or name another user",
    Trouble.NO_SESSION_LEFT: "raise max_connections or the CONNECTION LIMIT, or end other programs",
    Trouble.NOT_POSTGRES: "set {variable} to the port of PostgreSQL",
    Trouble.SHARED_SESSIONS: "set pool_mode = session, or {variable} to PostgreSQL itself",
    Trouble.NO_TLS: "set sslmode in {variable} as the server wants it, and mend its certificate",
}


def side_of(about: str, schema: Schema, other: Schema, tables: frozenset[str]) -> Side:
    """Return the demand of a side on its database."""
    return Side(
        about=about,
        variable=f"MUSTER_{about.upper()}_DATABASE_URL",
        known=schema.known(),
        version_table=schema.version_table,
        other_version_table=other.version_table,
        tables=tables,
        append_only=frozenset({str(AuditEntry.__tablename__)}),
    )


async def look_at_directory(settings: Settings) -> Sequence[Finding]:
    """Return the findings about the directory's database."""
    side = side_of("directory", DIRECTORY, DOWNSTREAM, frozenset(ApiTable.metadata.tables))
    return await _look(side, settings.access_by("directory_database_url"))


async def look_at_downstream(settings: Settings) -> Sequence[Finding]:
    """Return the findings about downstream's database."""
    side = side_of("downstream", DOWNSTREAM, DIRECTORY, frozenset(WorkerTable.metadata.tables))
    return await _look(side, settings.access_by("downstream_database_url"))


async def _look(side: Side, url: str) -> Sequence[Finding]:
    parsed = async_url(url)
    if parsed.get_backend_name() == "sqlite":
        return await asyncio.to_thread(look_at_file, side, Path(str(parsed.database)))
    reading, writing = open_engines(url, makes=False)
    tls = tls_of(parsed)
    try:
        await refuse_shared_sessions(reading)
        async with reading.connect() as db:
            return [
                *await _look_at_server(side, db, secured(tls)),
                *security_verdicts(side.about, side.variable, servers_of(parsed), tls),
            ]
    except (OSError, SQLAlchemyError, PostgresError, InterfaceError) as error:
        return [_unusable(side, cause_of(error))]
    finally:
        await reading.dispose()
        await writing.dispose()


async def _look_at_server(side: Side, db: AsyncConnection, security: str) -> Sequence[Finding]:
    before = time.time()
    row = (await db.execute(SERVER)).mappings().one()
    here = (before + time.time()) / 2
    parameters = {
        "read": sorted({*side.tables, side.version_table}),
        "written": sorted(side.tables),
        "changed": sorted(side.tables - side.append_only),
    }
    seen = ServerSeen(
        version=row["version"],
        is_read_only=row["is_read_only"],
        encoding=row["encoding"],
        sessions=row["sessions"],
        forbidden=list(await db.scalars(FORBIDDEN, parameters)),
    )
    wrong = list(server_verdicts(side, seen))
    clock = clock_verdict(f"the database of {side.variable}", row["clock"] - here)
    answers = fine(side.about, f"PostgreSQL {seen.version} answers, {security}.")
    if any(finding.code == "no-rights" for finding in wrong):
        return [answers, *wrong, clock]  # the revision may not be readable either
    return [answers, schema_verdict(side, await db.run_sync(_schema, side)), *wrong, clock]


def _schema(db: SyncConnection, side: Side) -> SchemaSeen:
    present = inspect(db)
    applied: frozenset[str] = frozenset()
    if present.has_table(side.version_table):
        versions = select(column("version_num", String)).select_from(table(side.version_table))
        applied = frozenset(db.scalars(versions))
    return SchemaSeen(applied, present.has_table(side.other_version_table))


def _unusable(side: Side, cause: BaseException) -> Finding:
    if refused := explained_in(cause):
        return refused_verdict(side.about, side.variable, refused)
    trouble = trouble_of(cause)
    reason = trouble or f"an unforeseen error ({type(cause).__name__})"
    return problem(
        side.about,
        trouble.name.lower().replace("_", "-") if trouble else "unusable",
        f"The database of {side.variable} cannot be used: {reason.partition(';')[0]}.",
        ADVICE[trouble].format(variable=side.variable) if trouble else "see the server's log",
    )
