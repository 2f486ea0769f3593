"""Which errors are worth another try, how long does it wait, and what is said of an error?"""

import asyncio
import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from contracts.topology import RETRY_DELAYS
from worker.retries import (
    QUICK_TRIES,
    delay_after,
    describe,
    in_place,
    is_transient,
    pause,
    with_retries,
)


class PostgresError(Exception):
    """As the driver raises it, with the server's code."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("ada@acme.test")
        self.sqlstate = sqlstate


def wrapped(sqlstate: str) -> DBAPIError:
    return DBAPIError("UPDATE accounts", {"email": "ada@acme.test"}, PostgresError(sqlstate))


@pytest.mark.parametrize(
    "sqlstate",
    ["08006", "40001", "40P01", "53300", "55P03", "57014", "57P01", "57P03", "58030", "23505"],
)
def test_the_state_of_the_database_is_worth_another_try(sqlstate: str) -> None:
    assert is_transient(wrapped(sqlstate))
    assert is_transient(PostgresError(sqlstate))


@pytest.mark.parametrize("sqlstate", ["22021", "22P02", "23502", "23514", "42601", "42P01"])
def test_what_is_wrong_with_the_event_is_not(sqlstate: str) -> None:
    assert not is_transient(wrapped(sqlstate))


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(), TimeoutError(), OSError(), PoolTimeoutError()]
)
def test_a_lost_connection_and_a_timeout_are_worth_another_try(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize("error", [ValueError(), KeyError(), AssertionError()])
def test_a_defect_of_ours_is_not(error: Exception) -> None:
    assert not is_transient(error)


def test_sqlite_says_by_name_whether_it_is_locked_or_was_asked_nonsense() -> None:
    with sqlite3.connect(":memory:") as db:
        db.execute("CREATE TABLE numbers (n INTEGER PRIMARY KEY, CHECK (n < 9))")
        db.execute("INSERT INTO numbers VALUES (1)")
        with pytest.raises(sqlite3.IntegrityError) as race:
            db.execute("INSERT INTO numbers VALUES (1)")
        with pytest.raises(sqlite3.IntegrityError) as nonsense:
            db.execute("INSERT INTO numbers VALUES (9)")
    db.close()
    assert is_transient(IntegrityError("", {}, race.value))
    assert not is_transient(IntegrityError("", {}, nonsense.value))


def test_every_tier_is_used_once_and_then_no_more() -> None:
    delays = [delay_after(attempts) for attempts in range(len(RETRY_DELAYS) + 1)]
    assert delays == [*RETRY_DELAYS, None]


def test_an_error_is_described_without_its_text() -> None:
    assert describe(wrapped("40001")) == "DBAPIError 40001"
    assert describe(ValueError("ada@acme.test")) == "ValueError"


async def test_a_call_that_succeeds_at_the_second_attempt_has_its_result() -> None:
    failures = [ConnectionResetError()]

    async def succeed_later() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert await with_retries(in_place, succeed_later) == "done"


async def test_a_transient_error_is_tried_a_few_times_in_place() -> None:
    tries = []

    async def fail() -> None:
        tries.append(1)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await with_retries(in_place, fail)
    assert len(tries) == QUICK_TRIES


async def test_a_permanent_error_is_tried_once() -> None:
    tries = []

    async def fail() -> None:
        tries.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        await with_retries(in_place, fail)
    assert len(tries) == 1


async def test_a_pause_ends_with_its_event() -> None:
    stop = asyncio.Event()
    stop.set()
    await pause(3600, asyncio.Event(), stop)
