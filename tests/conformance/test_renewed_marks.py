"""Does a mark come out the same, whether Python renews it or the database? On both databases."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.connections import create_connection
from api.directory.identity_changes import IdentityChange, IdentityState
from api.directory.identity_rows import LANE_NUMBERS, changed_row, new_row
from api.directory.tables import Identity
from api.outbox.marks import save_change
from contracts.clock import now
from contracts.identity_changed import Profile, Trace
from contracts.topology import Lane
from tests.drivers.in_process import RULES, opened_directory

IDENTITY = "a" * 32
FIRST = IdentityState(version=1, active=True, ever_active=True, profile=Profile(user_name="ada"))
LATER = IdentityState(version=2, active=False, ever_active=True, profile=FIRST.profile)

TIMES = st.integers(1, 2**62)
NO_MARK: dict[str, Any] = {"dirty_lane": None, "dirty_since": None, "due_at": None}
MARKS = st.just(NO_MARK) | st.fixed_dictionaries(
    {
        "dirty_lane": st.sampled_from(sorted(LANE_NUMBERS.values())),
        "dirty_since": TIMES,
        "due_at": st.none() | TIMES,
        "attempts": st.integers(0, 9),
        "failed_publications": st.integers(0, 9),
    }
)
TRACES = st.builds(
    Trace, correlation_id=st.sampled_from("xy"), traceparent=st.none() | st.just("z")
)

Renewed = Callable[[dict[str, Any], Lane, Trace, int], None]


class Undone(Exception):
    """Rolls a transaction back."""


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mark=MARKS, lane=st.sampled_from(Lane), trace=TRACES, at=TIMES)
def test_a_mark_is_renewed_in_sql_as_it_is_in_python(
    renew_both: Renewed, mark: dict[str, Any], lane: Lane, trace: Trace, at: int
) -> None:
    renew_both(mark, lane, trace, at)


@pytest.fixture
def renew_both(directory_url: str) -> Iterator[Renewed]:
    """Give what marks an identity again that has a mark, or none, and compares both ways."""
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        database = runner.run(opened.__aenter__())
        connection = runner.run(create_connection(database, "acme", RULES, now())).id

        async def renew(mark: dict[str, Any], lane: Lane, trace: Trace, at: int) -> None:
            with contextlib.suppress(Undone):
                async with database.write() as db:
                    await _renew_both(db, connection, mark, IdentityChange(LATER, lane), trace, at)
                    raise Undone

        yield lambda *given: runner.run(renew(*given))
        runner.run(opened.__aexit__(None, None, None))


async def _renew_both(
    db: AsyncConnection,
    connection: str,
    mark: dict[str, Any],
    change: IdentityChange,
    trace: Trace,
    at: int,
) -> None:
    created = IdentityChange(FIRST, Lane.BULK)
    row = new_row(connection, IDENTITY, created, Trace(correlation_id="w"), 1) | mark
    await db.execute(insert(Identity).values(row))
    before = await _row(db)
    await save_change(db, connection, IDENTITY, change, trace, at)
    assert await _row(db) == before | changed_row(before, change, trace, at)


async def _row(db: AsyncConnection) -> dict[str, Any]:
    statement = select(Identity.__table__)  # type: ignore[attr-defined]
    return dict((await db.execute(statement)).mappings().one())
