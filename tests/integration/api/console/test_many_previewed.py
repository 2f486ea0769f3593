"""Is a change for 10,000 people previewed in bounded pieces, while other pages are answered?"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from contracts.rules import CreateCollaborator, DashboardRules, RemoveCollaborator, Role
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.drivers.admin_http import admin_api_on
from tests.drivers.both_sides import Installation, installation_on, opened_on_both_sides
from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.many_accounts import multiply_on_both_sides
from tests.drivers.many_users import PATTERN
from tests.readings.statements import asked_of
from tests.servers.migrated import NewDatabase

MANY = 10_000
"""Ten of the pages in which people are planned."""

RULES = DashboardRules(
    on_create=CreateCollaborator(role=Role.VIEWER), on_deactivate=RemoveCollaborator()
)
WANTED = {
    "on_create": "create-collaborator",
    "role": "editor",
    "on_deactivate": "remove-collaborator",
    "brake_kind": "off",
    "step": "preview",
}
"""Gives everybody another role, which is an effect on each."""

STATEMENTS_PER_THOUSAND = 20
"""Statements on both sides that plan a thousand people; rows are read page by page."""

MOST_BYTES = 100_000

OTHER_PAGES = 10
"""Pages that are answered while the preview is counted, at the least."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """A Dashboard with many people, and its owner at the console."""

    installation: Installation
    owner: Visitor
    other: Visitor

    @property
    def path(self) -> str:
        """Return the path of the rules."""
        return f"/connections/{self.installation.ingress.connection}/rules"


@pytest.fixture
async def crowd(new_database_url: NewDatabase) -> AsyncIterator[Crowd]:
    """Let many people come, each with an account."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with (
        opened_on_both_sides(*urls) as both,
        installation_on(both, RULES) as installation,
        admin_api_on(both.directory, served=installation.administration) as served,
    ):
        emails = [{"value": f"{PATTERN}@many.test", "primary": True}]
        first = await installation.ingress.user(PATTERN, emails=emails)
        await installation.deliver()
        connection = installation.ingress.connection
        await multiply_on_both_sides(both, connection, first, range(1, MANY))
        for database in (both.directory, both.downstream):
            async with database.write() as db:
                await db.execute(text("ANALYZE"))
        token = served.admins["owner"].token
        yield Crowd(
            installation, await signed_in(served.app, token), await signed_in(served.app, token)
        )


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_preview_of_everybody_is_counted_while_other_pages_are_answered(
    crowd: Crowd,
) -> None:
    await crowd.owner.get(crowd.path)
    await crowd.other.get(crowd.path)
    with _counted(crowd) as of_page:
        await crowd.other.get(crowd.path)
    with _counted(crowd) as asked:
        preview = asyncio.create_task(crowd.owner.send(crowd.path, WANTED))
        answered = 0
        while not preview.done():
            assert (await crowd.other.get(crowd.path)).status_code == 200
            answered += 1
        shown = await preview
    assert answered >= OTHER_PAGES
    of_preview = asked() - answered * of_page()
    assert of_preview <= MANY // 1_000 * STATEMENTS_PER_THOUSAND
    assert f"let {MANY:,} effects follow" in shown.text
    assert f"100 of {MANY:,} effects" in shown.text
    assert len(shown.content) < MOST_BYTES


@contextmanager
def _counted(crowd: Crowd) -> Iterator[Callable[[], int]]:
    """Yield what returns the number of statements of the block, on both sides."""
    both = crowd.installation
    with asked_of(both.ingress.database) as above, asked_of(both.downstream) as below:
        yield lambda: len(above.statements) + len(below.statements)
