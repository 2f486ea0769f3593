"""Do named points lie after the statements that Muster sends? Those of the driver among them."""

import pytest

from api.scim.users.hot_statements import adding, changing, finding
from api.scim.users.statements import USERS
from tests.faults.distributed.orders import Point
from tests.faults.distributed.process_under_orders import points_after
from worker.put_rows import insert_of_columns
from worker.sync.lock_at_once import MAKE_AND_LOCK
from worker.sync.mapping import RECORDS
from worker.sync.save_records import CHANGED, FORGETTING, NAMES

ADDING = adding().text
CHANGING = changing(frozenset({"resource"}), frozenset({"version"})).text
FINDING = finding(USERS.c.id, "postgresql").text


@pytest.mark.parametrize(
    ("statement", "point"),
    [
        (ADDING, {Point.AFTER_COMMIT}),
        (CHANGING, {Point.AFTER_COMMIT}),
        (FINDING, set()),
        (MAKE_AND_LOCK, {Point.AFTER_APPLY}),
        (FORGETTING + insert_of_columns(RECORDS, NAMES, CHANGED), {Point.AFTER_APPLY}),
    ],
    ids=["users are added", "a user is changed", "a user is read", "records are made", "saved"],
)
def test_a_point_lies_after_the_commit_of_a_hot_statement(
    statement: str, point: set[Point]
) -> None:
    assert points_after(statement) == point
