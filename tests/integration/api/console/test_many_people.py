"""Does a page cost the same for 1,000 people and for 10,000? Statements and rows are counted."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import text

from api.admin.people import MOST_LOOKED_AT
from api.admin_app import create_admin_app
from api.reconciliation.person_states import PersonState
from contracts.clock import now
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.drivers.admin_http import OPERATOR_TOKEN
from tests.drivers.both_sides import opened_on_both_sides
from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.console_pages import (
    FRAGMENTS,
    OF_NOBODY,
    OF_WORKSPACE,
    WORKSPACE,
    ConsolePage,
)
from tests.drivers.examinations import one_finding
from tests.drivers.full_workspace import (
    LEAVE,
    FullWorkspace,
    fail,
    full_workspace,
)
from tests.drivers.many_accounts import multiply_on_both_sides
from tests.drivers.many_users import PATTERN, join
from tests.readings.statements import asked_of
from tests.servers.migrated import NewDatabase

FEW, MANY = 1_000, 10_000

TROUBLE = 10
"""One in so many people is held, refused or given up, and as many calls are logged."""

NARROWED = tuple(
    ConsolePage(f"people-{name}-{value}", "/people", WORKSPACE, chosen={name: value})
    for name, value in (
        ("inactive", "no"),
        *(("state", it) for it in PersonState if it is not PersonState.APPLIED),
    )
)

PAGES = (*OF_NOBODY, *OF_WORKSPACE, *FRAGMENTS, *NARROWED)

SEARCHES: dict[str, dict[str, str]] = {
    "begins-as-nobody": {"search": "of this name is nobody"},
    "begins-as-somebody": {"search": "active-person-777@"},
    "begins-as-most": {"search": "ACTIVE-"},
    "begins-as-few-of-most": {"search": "active-person-7", "inactive": "no", "state": "pending"},
}
"""Searches for names that begin so."""

LOOKS: dict[str, dict[str, str]] = {
    "waived-of-nobody": {"waived": "yes"},
    "pending-of-nobody": {"state": "pending", "waived": "yes"},
    "refused-of-nobody": {"state": "refused", "waived": "yes"},
    "applied-of-few": {"state": "applied"},
    "inside-of-nobody": {"search": "of this name is nobody", "inside": "yes"},
    "begins-as-none-in-the-state": {"search": "active-", "state": "failed"},
}
"""Lists that find few or nobody, most of which look at people one by one until the page ends: the
many have joined a group, which is pending."""

MOST_ROWS = 350
"""Rows that a page may read: it shows fifty people or calls, each of which is a few rows of both
databases, and counts."""

MOST_OF_LOOK = (60, 5 * (MOST_LOOKED_AT + 50))
"""Statements and rows of a page that finds few: at most the place, names, sync record, refusal and
version of each whom it looks at."""

Cost = tuple[int, int]
"""Statements, and rows that came back."""

ROWS_BY_CHANCE = 20
"""Rows by which a page differs from another one of as many people: some have more to be shown."""

CALLS = """
INSERT INTO request_log (connection_id, at, method, path, status, micros, correlation_id)
SELECT connection_id, at + later, method, path, status, micros, correlation_id
FROM (SELECT * FROM request_log WHERE connection_id = :connection LIMIT 1) AS one,
    generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS later
"""
CHANGES = """
INSERT INTO audit_log (at, actor, workspace, connection_id, action, subject, outcome,
    correlation_id)
SELECT at + later, actor, workspace, connection_id, action, subject, outcome, correlation_id
FROM (SELECT * FROM audit_log WHERE connection_id = :connection LIMIT 1) AS one,
    generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS later
"""
DEVICES = """
INSERT INTO devices (id, workspace, serial, policy, assigned_to, removed)
SELECT 'device-' || id, workspace, 'S-' || id, :policy, id, false
FROM accounts WHERE id LIKE '%-%' ON CONFLICT DO NOTHING
"""
"""Only the accounts of copies have a hyphen in their ids."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people of Acme's store, of whom there may be more and more."""

    full: FullWorkspace
    patterns: Mapping[str, str]
    """The people who are copied, by what they stand for."""

    @property
    def connection(self) -> str:
        """The connection with them."""
        return self.full.values["connection"]

    async def grow(self, numbers: range) -> None:
        """Let as many people come, in every state, and whatever they leave behind."""
        both = self.full.databases
        few = range(numbers.start // TROUBLE, numbers.stop // TROUBLE)
        for kind, pattern in self.patterns.items():
            some = numbers if kind == "active" else few
            made = await multiply_on_both_sides(both, self.connection, pattern, _from_one(some))
            if kind == "active":
                await join(both.directory, self.connection, self.full.values["group"], made)
        last = {"connection": self.connection, "first": few.start, "last": few.stop}
        async with both.directory.write() as db:
            await db.execute(text(CALLS), last)
            await db.execute(text(CHANGES), last)
            await db.execute(text("ANALYZE"))
        async with both.downstream.write() as db:
            await db.execute(text(DEVICES), {"policy": self.full.values["policy"]})
            await db.execute(text("ANALYZE"))


def _from_one(numbers: range) -> range:
    """Leave out the person who is copied."""
    return range(max(numbers.start, 1), numbers.stop)


async def originals(full: FullWorkspace) -> dict[str, str]:
    """Let people come who are to be copied, in every state; return their ids by it."""
    store = full.store
    made: dict[str, str] = {}
    for kind in ("active", "held", "failed", "refused", "pending"):
        if kind == "pending":
            await store.ingress.patch(f"/Users/{made['held']}", LEAVE)
            await store.deliver()
        name = f"{kind}-{PATTERN}"
        emails = [] if kind == "refused" else [{"value": f"{name}@many.test", "primary": True}]
        made[kind] = await store.ingress.user(name, displayName=name, emails=emails)
        if kind != "pending":
            await store.deliver()
    await fail(full.it, store, made["failed"])
    return made


@pytest.fixture
async def crowd(new_database_url: NewDatabase) -> AsyncIterator[Crowd]:
    """Give Acme with one of everything, and a few more who can be many."""
    async with (
        opened_on_both_sides(new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)) as both,
        full_workspace(both) as full,
    ):
        made = await originals(full)
        group = await full.store.ingress.group("Everybody", made["active"])
        connection = full.values["connection"]
        about = full.about(identity=made["active"], group=group, group_connection=connection)
        yield Crowd(about, made)


async def costs(crowd: Crowd, visitor: Visitor) -> dict[str, Cost]:
    """Return what each page asks of both databases."""
    urls = {page.name: page.url(crowd.full.values) for page in PAGES}
    for name, chosen in (SEARCHES | LOOKS).items():
        answer = await visitor.send("/people", {"workspace": "Acme", **chosen})
        urls[name] = str(answer.url).partition("/console")[2]
    return {name: await _cost(crowd, visitor, url) for name, url in urls.items()}


async def _cost(crowd: Crowd, visitor: Visitor, url: str) -> Cost:
    with _counted(crowd) as cost:
        assert (await visitor.get(url)).status_code == 200, url
    return cost()


@contextmanager
def _counted(crowd: Crowd) -> Iterator[Callable[[], Cost]]:
    """Yield what returns the cost of the block."""
    both = crowd.full.databases
    with asked_of(both.directory) as above, asked_of(both.downstream) as below:
        yield lambda: (
            len(above.statements) + len(below.statements),
            above.rows + below.rows,
        )


def is_dearer(cost: Cost, of_few: Cost) -> bool:
    """Return whether a page asks more: who is on it, with what, is chance, as ids are."""
    return cost[0] != of_few[0] or cost[1] > of_few[1] + ROWS_BY_CHANCE


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_page_costs_the_same_however_many_people_there_are(crowd: Crowd) -> None:
    at = now()
    # The use of a token and of a session is noted once a minute, by whichever page is asked then.
    served = replace(crowd.full.it, clock=lambda: at)
    app = create_admin_app(served, examination=one_finding, operator_token=OPERATOR_TOKEN)
    owner = await signed_in(app, crowd.full.admins["owner"].token)
    await crowd.grow(range(FEW))
    of_few = await costs(crowd, owner)
    await crowd.grow(range(FEW, MANY))
    of_many = await costs(crowd, owner)
    dearer = {
        name: (of_few[name], cost)
        for name, cost in of_many.items()
        if name not in LOOKS and is_dearer(cost, of_few[name])
    }
    assert dearer == {}
    rows = {name: cost[1] for name, cost in of_many.items() if name not in LOOKS}
    assert max(rows.values()) <= MOST_ROWS, rows
    looks = {name: of_many[name] for name in LOOKS}
    assert all(
        statements <= MOST_OF_LOOK[0] and read <= MOST_OF_LOOK[1]
        for statements, read in looks.values()
    ), looks
