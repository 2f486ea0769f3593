"""What does an error of a database mean? Its code tells whether a retry helps, and when.

The api and the worker share this table, so that both react to a code alike. Codes are PostgreSQL's
(appendix A of its manual) and the names of SQLite's; each has one reason beside it.
"""

from collections.abc import Mapping
from enum import StrEnum


class Meaning(StrEnum):
    """The cause of an error, which decides the reaction."""

    AWAY = "away"
    """The server cannot be reached, or refuses the statement in its present state. Requests get
    503, consuming pauses."""
    RIVAL = "rival"
    """The transaction was rolled back in favour of another one, and is repeated at once."""
    LOCKED = "locked"
    """The wait for a lock timed out, and the transaction that holds it goes on."""
    TAKEN = "taken"
    """A row with this key exists: a conflict for a request, a race for a worker, which plans
    anew."""
    OWN = "own"
    """The request, the event or a defect is the cause: the same statement fails again."""


AWAY, RIVAL, LOCKED, TAKEN, OWN = Meaning

POSTGRES: Mapping[str, tuple[Meaning, str]] = {
    # Classes have two characters, codes five; a code is nearer than its class.
    "00": (OWN, "success is no error"),
    "01": (OWN, "a warning"),
    "02": (OWN, "no data; a warning too"),
    "03": (OWN, "a statement that is not complete yet"),
    "08": (AWAY, "the connection is lost, was refused, or has not come about"),
    "08P01": (AWAY, "PgBouncer reports it when no server is available"),
    "09": (OWN, "a triggered action that failed; Muster has none"),
    "0A": (OWN, "a feature that does not exist"),
    "0A000": (RIVAL, "a migration has outdated a prepared statement, which is prepared anew"),
    "0B": (OWN, "a transaction that was begun in a wrong way"),
    "0F": (OWN, "a locator; Muster has none"),
    "0L": (OWN, "a grantor; Muster grants nothing"),
    "0P": (OWN, "a role that cannot be taken on; Muster takes on none"),
    "0Z": (OWN, "diagnostics of a handler; Muster has none"),
    "10": (OWN, "XQuery; Muster asks it nowhere"),
    "20": (OWN, "a CASE without a match"),
    "21": (OWN, "several rows for one"),
    "22": (OWN, "a value that no column takes"),
    "23": (OWN, "a value against a constraint"),
    "23505": (TAKEN, "a rival was quicker with this key"),
    "24": (OWN, "a cursor that is in no such state"),
    "25": (OWN, "a transaction that is in no such state"),
    "25006": (AWAY, "a standby, or a server that was told to take no writes"),
    "25P03": (AWAY, "the server has ended a session that rested in a transaction"),
    "25P04": (AWAY, "the server has ended a transaction that took too long"),
    "26": (OWN, "a prepared statement of no such name"),
    "26000": (AWAY, "a pooler has given the session another server, which prepared nothing"),
    "27": (OWN, "a triggered change of data; Muster has none"),
    "28": (AWAY, "the server takes our user or password no longer, or not yet"),
    "2B": (OWN, "privileges that others depend on; Muster revokes none"),
    "2D": (OWN, "a transaction that was ended in a wrong way"),
    "2F": (OWN, "a function that misbehaves; Muster has none"),
    "34": (OWN, "a cursor of no such name"),
    "38": (OWN, "a function in another language; Muster has none"),
    "39": (OWN, "the call of such a function"),
    "3B": (OWN, "a savepoint of no such name"),
    "3D": (AWAY, "the database does not exist: an operator restores or renames it"),
    "3F": (OWN, "a schema of no such name; Muster names none"),
    "40": (RIVAL, "serialisation failure, deadlock: nothing was done"),
    "40003": (AWAY, "the outcome of the commit is unknown, as with a lost connection"),
    "42": (OWN, "a statement that makes no sense"),
    "42501": (AWAY, "the server has taken rights away, or not given them yet"),
    "42P05": (AWAY, "a pooler has given the session a server where another session prepared it"),
    "44": (OWN, "a row that its view does not show; Muster has none"),
    "53": (AWAY, "no disk, no memory, no connection left"),
    "54": (OWN, "a statement or a row beyond what the server can do"),
    "55": (AWAY, "an object is in use, or a database refuses sessions while it is copied"),
    "55P02": (OWN, "a parameter that cannot be changed now"),
    "55P03": (LOCKED, "the lock time-out"),
    "55P04": (OWN, "a new value of an enumeration; Muster has none"),
    "57": (AWAY, "shutting down, starting, crashed; or an operator or a time-out has ended it"),
    "58": (AWAY, "an error of the system below the server, such as its disk"),
    "72": (RIVAL, "a snapshot had to give way"),
    "F0": (AWAY, "the server's own configuration"),
    "HV": (OWN, "foreign data; Muster has none"),
    "P0": (OWN, "a trigger or function that Muster does not know refuses it"),
    "XX": (AWAY, "the server has failed within, has damaged data, or its pooler has"),
}

SQLITE: Mapping[str, tuple[Meaning, str]] = {
    # The keys are prefixes of names; the longest one that fits holds.
    "SQLITE_BUSY": (AWAY, "another process holds the file"),
    "SQLITE_LOCKED": (AWAY, "another connection holds a table"),
    "SQLITE_PROTOCOL": (AWAY, "processes that all want the file's lock"),
    "SQLITE_INTERRUPT": (AWAY, "ended by a time-out"),
    "SQLITE_IOERR": (AWAY, "an error of the disk"),
    "SQLITE_FULL": (AWAY, "no disk left"),
    "SQLITE_NOMEM": (AWAY, "no memory left"),
    "SQLITE_CANTOPEN": (AWAY, "the file, or its folder, cannot be opened"),
    "SQLITE_READONLY": (AWAY, "the file, its folder or its disk takes no writes"),
    "SQLITE_PERM": (AWAY, "rights were taken away"),
    "SQLITE_AUTH": (AWAY, "rights were taken away"),
    "SQLITE_CORRUPT": (AWAY, "the file is damaged"),
    "SQLITE_NOTADB": (AWAY, "the file is damaged, from its first page on"),
    "SQLITE_CONSTRAINT": (OWN, "a value against a constraint"),
    "SQLITE_CONSTRAINT_UNIQUE": (TAKEN, "a rival was quicker with this key"),
    "SQLITE_CONSTRAINT_PRIMARYKEY": (TAKEN, "a rival was quicker with this key"),
    "SQLITE_SCHEMA": (RIVAL, "a migration has outdated a prepared statement"),
    "SQLITE_": (OWN, "a statement that makes no sense, or a value that no column takes"),
}

OUT_OF_STEP = "InternalClientError"
"""The base of asyncpg's errors about the protocol, which is none of its InterfaceError."""

OTHER_SESSION_HELPS = frozenset({"25006", "26000", "42P05"})
"""Codes that a session gives until it ends; a new session may reach another server."""


def code_of(error: BaseException) -> str:
    """Return PostgreSQL's SQLSTATE or SQLite's name of an error, "" where it has neither.

    SQLAlchemy wraps an error of the driver, except while it connects. It translates the error first
    in some cases, and loses its code by that where a prepared statement is outdated.
    """
    translated = getattr(error, "orig", None) or error
    for cause in (translated, translated.__cause__):
        code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
        if isinstance(code, str):
            return code
    return ""


def meaning_of_code(code: str) -> Meaning:
    """Return the meaning of a code; an unknown one is the statement's own fault."""
    if code.startswith("SQLITE_"):
        nearest = max((name for name in SQLITE if code.startswith(name)), key=len)
        return SQLITE[nearest][0]
    meaning, _reason = POSTGRES.get(code) or POSTGRES.get(code[:2]) or (OWN, "")
    return meaning


def meaning_of(error: BaseException) -> Meaning:
    """Return the meaning of an error of a statement, a transaction or a connection."""
    meaning = meaning_of_code(code_of(error))
    raw = getattr(error, "orig", None) or error
    lost = getattr(error, "connection_invalidated", False) or isinstance(raw, OSError)
    lost = lost or _is_out_of_step(raw)
    return AWAY if lost and meaning is OWN else meaning


def _is_out_of_step(error: BaseException) -> bool:
    """Return whether asyncpg has lost the thread of what a server says, or that of its greeting.

    The cause is a session that ends in the wrong moment, and no statement. asyncpg is loaded by
    processes that need it, and so its class is known by name here.
    """
    return any(it.__name__ == OUT_OF_STEP for it in type(error).__mro__)
