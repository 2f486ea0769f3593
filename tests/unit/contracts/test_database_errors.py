"""Is every code of a database decided once, on purpose, and alike for both sides?"""

import sqlite3
from collections.abc import Iterator

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from api.retries import is_away, is_conflict, is_locked_out
from contracts.database_errors import (
    OTHER_SESSION_HELPS,
    POSTGRES,
    SQLITE,
    Meaning,
    code_of,
    meaning_of,
    meaning_of_code,
)
from worker.retries import is_transient

AWAY, RIVAL, LOCKED, TAKEN, OWN = Meaning

APPENDIX_A = """
00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42
44 53 54 55 57 58 72 F0 HV P0 XX
"""
"""Its classes, up to PostgreSQL 18."""

CLASSES = APPENDIX_A.split()

DECIDED = {
    # What operators meet, beside the server that gives it.
    AWAY: """
        08000 08001 08003 08004 08006 08P01 25006 25P03 25P04 26000 28000 28P01 3D000 40003
        42501 42P05 53000 53100 53200 53300 53400 55000 55006 57000 57014 57P01 57P02 57P03
        57P04 57P05 58000 58030 58P01 58P02 58P03 F0000 F0001 XX000 XX001 XX002 SQLITE_BUSY
        SQLITE_BUSY_SNAPSHOT SQLITE_BUSY_RECOVERY SQLITE_LOCKED SQLITE_LOCKED_SHAREDCACHE
        SQLITE_FULL SQLITE_IOERR SQLITE_IOERR_WRITE SQLITE_IOERR_FSYNC SQLITE_IOERR_SHMSIZE
        SQLITE_READONLY SQLITE_READONLY_DBMOVED SQLITE_READONLY_DIRECTORY SQLITE_CANTOPEN
        SQLITE_CANTOPEN_ISDIR SQLITE_PROTOCOL SQLITE_NOMEM SQLITE_CORRUPT SQLITE_NOTADB
        SQLITE_PERM SQLITE_INTERRUPT
    """,
    RIVAL: "0A000 40000 40001 40P01 72000 SQLITE_SCHEMA",
    LOCKED: "55P03",
    TAKEN: "23505 SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_PRIMARYKEY",
    OWN: """
        21000 22001 22003 22021 22P02 22P05 23502 23503 23514 23P01 25P02 3F000 42601 42703
        42P01 42P18 54000 54001 55P02 P0001 SQLITE_ERROR SQLITE_MISMATCH SQLITE_TOOBIG
        SQLITE_RANGE SQLITE_CONSTRAINT_CHECK SQLITE_CONSTRAINT_NOTNULL
        SQLITE_CONSTRAINT_FOREIGNKEY
    """,
}


class FromPostgres(Exception):
    """As the driver raises it, with the server's code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("ada@acme.test")
        self.sqlstate = sqlstate


class FromSqlite(Exception):
    """As Python raises it, with SQLite's name of the error."""

    def __init__(self, name: str) -> None:
        super().__init__("ada@acme.test")
        self.sqlite_errorname = name


def _known_to_the_driver() -> list[str]:
    """Return every code of appendix A that the driver has a class for."""
    return sorted({it.sqlstate for it in vars(asyncpg).values() if getattr(it, "sqlstate", None)})


def _known_to_python() -> list[str]:
    """Return every name of an error of SQLite."""
    names = {it for it in vars(sqlite3) if it.startswith("SQLITE_")}
    codes = {it for it in names if getattr(sqlite3, it) & 0xFF in range(1, 27)}
    return sorted(it for it in codes if not it.startswith(("SQLITE_LIMIT", "SQLITE_DBCONFIG")))


EVERY_CODE = [*_known_to_the_driver(), *_known_to_python()]


def _errors(code: str) -> Iterator[BaseException]:
    """Give an error of this code: as drivers raise it, and as SQLAlchemy wraps it."""
    bare = FromSqlite(code) if code.startswith("SQLITE_") else FromPostgres(code)
    yield bare
    yield DBAPIError("UPDATE accounts", {"email": "ada@acme.test"}, bare)


@pytest.mark.parametrize("sqlstate_class", CLASSES)
def test_every_class_of_codes_is_decided_with_a_reason(sqlstate_class: str) -> None:
    meaning, reason = POSTGRES[sqlstate_class]
    assert meaning in Meaning
    assert reason


def test_no_class_is_missing_that_the_driver_knows() -> None:
    assert {code[:2] for code in _known_to_the_driver()} <= set(CLASSES)
    assert {code for code in POSTGRES if len(code) == 2} == set(CLASSES)


def test_a_single_code_is_named_where_it_differs_from_its_class() -> None:
    singles = {code for code in POSTGRES if len(code) == 5}
    alike = {code for code in singles if POSTGRES[code][0] is POSTGRES[code[:2]][0]}
    assert alike == {"08P01"}  # worth its own reason all the same
    assert singles <= {*_known_to_the_driver(), "25P04"}


def test_reasons_are_given_to_names_of_sqlite_too() -> None:
    assert all(reason for _meaning, reason in SQLITE.values())
    known = set(_known_to_python())
    assert {name for name in SQLITE if name != "SQLITE_"} <= known


@pytest.mark.parametrize(
    ("code", "meaning"), [(code, it) for it, codes in DECIDED.items() for code in codes.split()]
)
def test_what_operators_meet_means_what_it_should(code: str, meaning: Meaning) -> None:
    assert meaning_of_code(code) is meaning


@pytest.mark.parametrize("code", EVERY_CODE)
def test_both_sides_take_a_code_for_the_same(code: str) -> None:
    for error in _errors(code):
        meaning = meaning_of(error)
        assert meaning is meaning_of_code(code)
        assert is_transient(error) == (meaning is not OWN)
        assert is_away(error) == (meaning in {AWAY, LOCKED})
        assert is_conflict(error) == (meaning is RIVAL)
        assert is_locked_out(error) == (meaning is LOCKED)


def test_every_code_is_looked_at() -> None:
    assert len(_known_to_the_driver()) > 250
    assert "SQLITE_IOERR_WRITE" in EVERY_CODE
    assert "SQLITE_FULL" in EVERY_CODE


@pytest.mark.parametrize("error", [ConnectionRefusedError(), TimeoutError(), OSError()])
def test_a_line_that_fails_means_that_the_server_is_away(error: Exception) -> None:
    assert meaning_of(error) is AWAY
    assert meaning_of(DBAPIError("", {}, error)) is AWAY


@pytest.mark.parametrize("error", [ValueError(), KeyError(), FromPostgres("ZZZZZ")])
def test_what_nobody_knows_is_our_own_doing(error: Exception) -> None:
    assert meaning_of(error) is OWN


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 3"),
        asyncpg.exceptions.ProtocolError(),
        asyncpg.exceptions.TargetServerAttributeNotMatched(),
    ],
)
def test_a_session_that_is_out_of_step_means_that_the_server_is_away(error: Exception) -> None:
    assert meaning_of(error) is AWAY
    assert meaning_of(DBAPIError("", {}, error)) is AWAY
    assert is_away(error)
    assert is_transient(error)


def test_a_connection_that_was_given_up_means_that_the_server_is_away() -> None:
    assert meaning_of(DBAPIError("", {}, Exception(), connection_invalidated=True)) is AWAY


def test_sessions_are_replaced_only_for_what_is_the_servers() -> None:
    assert {meaning_of_code(code) for code in OTHER_SESSION_HELPS} == {AWAY}


def test_an_error_without_a_code_has_none() -> None:
    assert code_of(ValueError("25006")) == ""
    assert code_of(FromPostgres("25006")) == "25006"
