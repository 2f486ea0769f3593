"""Does SQL find and order exactly what scim2-models would in memory? For random directories."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import SearchRequest

from api.admin.connections import create_connection
from api.correlation import new_trace
from api.scim.authentication import OpenedConnection
from api.scim.limits import Limits
from api.scim.provider import scim_provider
from api.scim.resources import Group, ScimUser, User
from api.scim.storage import DirectoryStorage
from contracts.clock import now
from tests.conformance.scim_searches import FILTERS, SORTS, USERS
from tests.ingress import RULES, migrated_directory

PROVIDER = scim_provider(Limits())
USER_TYPE, GROUP_TYPE = PROVIDER.resource_types

Search = Callable[[SearchRequest[Any]], Awaitable[Sequence[str]]]
Check = Callable[[Sequence[ScimUser], Search], Awaitable[None]]
WithUsers = Callable[[Sequence[dict[str, Any]], Check], None]

quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def with_users(database_url: str) -> Iterator[WithUsers]:
    """Give what runs a check on a directory with these users, every other one in a group."""
    with asyncio.Runner() as runner:
        opened = migrated_directory(database_url)
        database = runner.run(opened.__aenter__())
        created = runner.run(create_connection(database, "acme", RULES, now()))
        connection = OpenedConnection(created.id, RULES)

        async def run(users: Sequence[dict[str, Any]], check: Check) -> None:
            storage = DirectoryStorage(database, connection, new_trace(), writing=True)

            async def search(request: SearchRequest[Any]) -> Sequence[str]:
                page = await storage.search([USER_TYPE], request)
                assert page.total == len(page.resources)
                return [str(resource.id) for resource in page.resources]

            with contextlib.suppress(Undone):
                async with storage.operation():
                    await check(await _create(storage, users), search)
                    raise Undone

        yield lambda users, check: runner.run(run(users, check))
        runner.run(opened.__aexit__(None, None, None))


async def _create(storage: DirectoryStorage, users: Sequence[dict[str, Any]]) -> list[ScimUser]:
    ids = []
    for number, attributes in enumerate(users):
        user = ScimUser.model_validate({"schemas": [], "userName": f"A_{number}", **attributes})
        ids.append((await storage.create(USER_TYPE, user)).id)
    members = [{"value": id_} for id_ in ids[::2]]
    group = Group.model_validate({"schemas": [], "displayName": "Anna", "members": members})
    await storage.create(GROUP_TYPE, group)
    # All were created at the same moment, in one transaction: the ids decide what comes first.
    stored = [await storage.get(USER_TYPE, id_) for id_ in sorted(map(str, ids))]
    return [user for user in stored if isinstance(user, User)]


@quick
@given(users=USERS, filters=st.lists(FILTERS, min_size=1, max_size=6))
def test_a_filter_finds_what_it_matches_in_memory(
    with_users: WithUsers, users: list[dict[str, Any]], filters: list[str]
) -> None:
    async def check(stored: Sequence[ScimUser], search: Search) -> None:
        for text in filters:
            try:
                request = SearchRequest[ScimUser].model_validate({"filter": text})
            except ValidationError:
                continue  # an operator that the attribute does not take
            assert request.filter is not None
            expected = [user.id for user in stored if request.filter.match(user)]
            assert list(await search(request)) == expected, text

    with_users(users, check)


@quick
@given(
    users=USERS, sort_by=st.sampled_from(SORTS), order=st.sampled_from(["ascending", "descending"])
)
def test_an_order_is_that_in_memory(
    with_users: WithUsers, users: list[dict[str, Any]], sort_by: str, order: str
) -> None:
    async def check(stored: Sequence[ScimUser], search: Search) -> None:
        asked = {"sortBy": sort_by, "sortOrder": order}
        request = SearchRequest[ScimUser].model_validate(asked)
        expected = [user.id for user in request.sort(stored)]
        assert list(await search(request)) == expected

    with_users(users, check)
