"""Do users come out the same on the short way as on the plain one? Answers and rows are compared.

Two connections in one database receive the same requests at the same times. One of them is served
by hot statements, the other without.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlmodel import col

from api.admin.change_rules import replace_rules
from api.directory.dialects import DirectoryDatabase
from api.directory.leavings import Leaving
from api.directory.tables import ApiTable, Identity, UserRow
from contracts.rules import CreateEmployee, LeaveAlone, RemoveEmployee, StoreRules
from tests.drivers.administration import rotate
from tests.drivers.examples import examples
from tests.drivers.in_process import PATCH, USER, Ingress, ingress_on, opened_directory

NAMES = ("ada", "Ada", "ben", "eve@acme.test", "")
RULES = tuple(
    StoreRules(on_create=CreateEmployee(), on_deactivate=action)
    for action in (RemoveEmployee(), LeaveAlone())
)

names = st.sampled_from(NAMES)
someone = st.integers(0, 3)
tags = st.sampled_from([None, "*", 'W/"1"', 'W/"2"'])
attributes = st.fixed_dictionaries(
    {},
    optional={
        "active": st.booleans(),
        "title": st.sampled_from(["Weaver", "Spinner"]),
        "externalId": st.sampled_from(["x", "y"]),
        "roles": st.just([{"value": "Admin"}]),
        "emails": st.just([{"value": "mail@acme.test", "primary": True}]),
    },
)
operations = st.builds(
    lambda value: {"op": "replace", "value": value},
    attributes | st.builds(lambda name: {"userName": name}, names),
) | st.just({"op": "remove", "path": "title"})

STEPS = st.one_of(
    st.tuples(st.just("create"), names, attributes),
    st.tuples(st.just("patch"), someone, operations, tags),
    st.tuples(st.just("activate"), someone, st.booleans(), tags),
    st.tuples(st.just("replace"), someone, names, attributes),
    st.tuples(st.just("look up"), names),
    st.tuples(st.just("read"), someone, tags),
    st.tuples(st.just("delete"), someone),
    st.tuples(st.just("settle")),
    st.tuples(st.just("judge"), st.sampled_from([None, *Leaving])),
    st.tuples(st.just("rotate")),
    st.tuples(st.just("rules"), st.sampled_from(RULES)),
)
Compare = Callable[[list[Any]], None]


@settings(
    deadline=None,
    max_examples=examples(20),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, min_size=1, max_size=10))
def test_users_come_out_the_same_on_both_ways(compare: Compare, steps: list[Any]) -> None:
    compare(steps)


@dataclass(slots=True)
class Times:
    """A clock that stands still within a step."""

    now: int = 1_000_000

    def __call__(self) -> int:
        return self.now


@dataclass(slots=True)
class Way:
    """One connection, the ids of its users in the order of their creation, and its time."""

    ingress: Ingress
    clock: Times
    ids: list[str] = field(default_factory=list)

    async def take(self, step: Any) -> Any:  # noqa: C901 - a case for each kind of step
        """Take a step a second later, and return what has to be the same on both ways."""
        self.clock.now += 1_000_000
        database, connection = self.ingress.database, self.ingress.connection
        match step:
            case ("settle",):
                return await self.ingress.settle()
            case ("judge", leaving):
                return await self.judge(leaving)
            case ("rules", rules):
                return await replace_rules(database, connection, rules, self.clock.now)
            case ("rotate",):
                new = await rotate(database, connection, lambda: self.clock.now)
                refused = await self.send("GET", "/Users/nobody")
                self.ingress.http.headers["authorization"] = f"Bearer {new.token}"
                return refused
            case ("create", name, more):
                return await self.create({"schemas": [USER], "userName": name, **more})
            case ("patch", who, operation, tag):
                return await self.patch(who, operation, tag)
            case ("activate", who, active, tag):
                return await self.patch(who, {"op": "replace", "value": {"active": active}}, tag)
            case ("replace", who, name, more):
                body = {"schemas": [USER], "userName": name, **more}
                return await self.send("PUT", self.path_of(who), body)
            case ("look up", name):
                return await self.send("GET", f'/Users?filter=userName eq "{name}"')
            case ("read", who, tag):
                headers = {"if-none-match": tag} if tag else {}
                return await self.send("GET", self.path_of(who), **headers)
            case ("delete", who):
                return await self.send("DELETE", self.path_of(who))
            case _:
                raise AssertionError(step)

    async def create(self, body: Any) -> Any:
        answer = await self.ingress.send("POST", "/Users", body)
        if answer.is_success:
            self.ids.append(answer.json()["id"])
        return self.alike(answer.status_code, answer.text, answer.headers.get("etag"))

    async def patch(self, who: int, operation: Any, tag: str | None) -> Any:
        body = {"schemas": [PATCH], "Operations": [operation]}
        headers = {"if-match": tag} if tag else {}
        return await self.send("PATCH", self.path_of(who), body, **headers)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        headers["x-correlation-id"] = f"{self.clock.now}"
        answer = await self.ingress.send(method, path, body, **headers)
        return self.alike(answer.status_code, answer.text, answer.headers.get("etag"))

    async def judge(self, leaving: Leaving | None) -> None:
        """Judge every leaving, as a relay does."""
        unjudged = update(Identity).where(
            col(Identity.connection_id) == self.ingress.connection,
            col(Identity.leaving) == Leaving.UNJUDGED,
        )
        async with self.ingress.database.write() as db:
            await db.execute(unjudged.values(leaving=leaving))

    def path_of(self, who: int) -> str:
        return f"/Users/{self.ids[who] if who < len(self.ids) else '0' * 32}"

    def alike(self, *values: Any) -> Any:
        """Return values with the same ids on both ways."""
        text = repr(values).replace(self.ingress.connection, "acme")
        for number, id_ in enumerate(self.ids):
            text = text.replace(id_, f"user {number}")
        return text

    async def rows(self) -> Any:
        """Return the rows of users and identities."""
        async with self.ingress.database.read() as db:
            rows = [
                dict(row)
                for model in (UserRow, Identity)
                for row in (
                    await db.execute(
                        select(ApiTable.metadata.tables[model.__tablename__])
                        .where(col(model.connection_id) == self.ingress.connection)
                        .order_by(col(model.id))
                    )
                ).mappings()
            ]
        rows.sort(key=lambda row: self.ids.index(row["id"]))
        for row in rows:
            row.pop("correlation_id", None)  # a creation has one of its own
        return self.alike(*rows)


@pytest.fixture
def compare(directory_url: str) -> Iterator[Compare]:
    """Give what takes the same steps on both ways, and compares them after each step.

    Every example has a workspace of its own: the id of a connection is numbered past those of
    all others of its workspace, one by one.
    """
    workspaces = (f"Acme {number}" for number in count(1))
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        database = runner.run(opened.__aenter__())
        yield lambda steps: runner.run(_compare(database, next(workspaces), steps))
        runner.run(opened.__aexit__(None, None, None))


async def _compare(database: DirectoryDatabase, workspace: str, steps: list[Any]) -> None:
    assert database.hot is not None
    plain = DirectoryDatabase(database.reading, database.writing, database.searching)
    async with AsyncExitStack() as stack:
        ways: list[Way] = []
        for served in (database, plain):
            times = Times()
            ingress = ingress_on(
                database, RULES[0], workspace=workspace, served_from=served, clock=times
            )
            ways.append(Way(await stack.enter_async_context(ingress), times))
        for step in steps:
            short, long = [await way.take(step) for way in ways]
            assert short == long, step
            short, long = [await way.rows() for way in ways]
            assert short == long, step
