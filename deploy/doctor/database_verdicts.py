"""Can Muster work with a database? The observations are judged here. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.admin.examination import Finding
from deploy.doctor.findings import fine, problem, warning

FEWEST_SESSIONS = 40
"""Sessions that an api process takes at most (28 and those of its relay), with some for others."""

OLDEST_POSTGRES = 12


@dataclass(frozen=True, slots=True)
class Side:
    """The demand on a database: the revisions of a side, and the tables that are written.

    :param about: the name of the side, ``directory`` or ``downstream``.
    :param variable: the variable of its URL.
    :param known: the revisions of this version, the newest last.
    :param version_table: the table that records the applied revision.
    :param other_version_table: that of the other side.
    :param tables: all tables of the side.
    :param append_only: those of them whose rows are never changed or deleted.
    """

    about: str
    variable: str
    known: Sequence[str]
    version_table: str
    other_version_table: str
    tables: frozenset[str]
    append_only: frozenset[str]


@dataclass(frozen=True, slots=True)
class SchemaSeen:
    """The revisions that a database records, and whether it records those of the other side."""

    applied: frozenset[str]
    is_of_other_side: bool


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """The answers of a PostgreSQL server.

    :param version: its major version.
    :param is_read_only: whether transactions cannot write.
    :param encoding: that of the database.
    :param sessions: the number of sessions that this user may have at once in this database.
    :param forbidden: tables of the side that this user may not read or write.
    """

    version: int
    is_read_only: bool
    encoding: str
    sessions: int
    forbidden: Sequence[str]


def schema_verdict(side: Side, seen: SchemaSeen) -> Finding:
    """Return the finding about the schema of a database."""
    newest = side.known[-1]
    if seen.applied == {newest}:
        return fine(side.about, f"Its schema is that of this version ({newest}).")
    if not seen.applied and seen.is_of_other_side:
        return problem(
            side.about,
            "databases-swapped",
            f"{side.variable} names a database that holds the other side's tables, and none of"
            f" {side.about}.",
            "exchange MUSTER_DIRECTORY_DATABASE_URL and MUSTER_DOWNSTREAM_DATABASE_URL",
        )
    if not seen.applied:
        return problem(
            side.about,
            "schema-missing",
            f"The database of {side.variable} has no schema of Muster.",
            "muster migrate, if this is the database that is to be used",
        )
    if not seen.applied <= set(side.known):
        return problem(
            side.about,
            "schema-newer",
            f"The database of {side.variable} was migrated by a newer version of Muster.",
            "install that version",
        )
    return problem(
        side.about,
        "schema-older",
        f"The database of {side.variable} is at revision {max(seen.applied)}, and this version"
        f" needs {newest}.",
        "muster migrate",
    )


def server_verdicts(side: Side, seen: ServerSeen) -> Iterator[Finding]:
    """Yield what is wrong with a PostgreSQL server, or with the rights of its user."""
    if seen.is_read_only:
        yield problem(
            side.about,
            "read-only",
            f"The database of {side.variable} takes no writes: it is read-only, as a standby is.",
            "name the server that takes writes, or all of them with commas between",
        )
    if seen.forbidden:
        named = ", ".join(sorted(seen.forbidden)[:3])
        yield problem(
            side.about,
            "no-rights",
            f"The user of {side.variable} may not read and write {len(seen.forbidden)} of its"
            f" tables, such as {named}.",
            "grant SELECT, INSERT, UPDATE and DELETE on them, or name the user that made them",
        )
    if seen.encoding != "UTF8":
        yield problem(
            side.about,
            "encoding",
            f"The database of {side.variable} is encoded in {seen.encoding}, which cannot hold"
            " every name.",
            "make a database with ENCODING 'UTF8'",
        )
    if seen.sessions < FEWEST_SESSIONS:
        yield warning(
            side.about,
            "few-sessions",
            f"The user of {side.variable} may have {seen.sessions} sessions at once, and a process"
            f" of Muster takes up to {FEWEST_SESSIONS}.",
            "raise max_connections, or the CONNECTION LIMIT of the database or the user",
        )
    if seen.version < OLDEST_POSTGRES:
        yield problem(
            side.about,
            "old-server",
            f"The database of {side.variable} is PostgreSQL {seen.version}, which gets no"
            " corrections any more.",
            "upgrade it to a supported version",
        )
