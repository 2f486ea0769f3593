"""Does SQL find and order exactly what scim2-models would in memory? For random directories."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import example as with_example
from pydantic import ValidationError
from scim2_models import InvalidFilterException, ResourceType, SearchRequest

from api.admin.connections import create_connection
from api.scim.operations.storage import DirectoryStorage
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import AnyResource, Group, ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.search.cursors import Cursor
from api.scim.search.execution import find
from api.scim.search.pages import Page
from contracts.clock import now
from tests.conformance.scim_directories import BASE_URL, ROOT
from tests.conformance.scim_searches import PECULIAR, Example, filtered, ordered
from tests.drivers.examples import examples
from tests.drivers.in_process import RULES, opened_directory, transactions_on

PROVIDER = scim_provider(Limits())
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="nobody's")
USER_TYPE, GROUP_TYPE = PROVIDER.resource_types
KINDS: dict[Any, list[ResourceType]] = {
    ScimUser: [USER_TYPE],
    Group: [GROUP_TYPE],
    ROOT: [USER_TYPE, GROUP_TYPE],
}


quick = settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Undone(Exception):
    """Rolls a transaction back."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What an example has stored, as clients see it, in the order of its creation."""

    storage: DirectoryStorage
    model: Any
    stored: Sequence[AnyResource]

    def request(self, **asked: Any) -> SearchRequest[Any]:
        """Return a search.

        :raises ValidationError: when it is refused by itself.
        """
        request: type[SearchRequest[Any]] = SearchRequest[self.model]  # type: ignore[name-defined]
        return request.model_validate(asked)

    async def found(self, request: SearchRequest[Any]) -> list[str]:
        """Return the ids that SQL finds, in its order."""
        page = await self._page(request)
        assert page.total == len(page.found)
        return _ids(page)

    async def walked(self, request: SearchRequest[Any]) -> list[str]:
        """Return the ids that a walk from cursor to cursor finds, there and back again."""
        pages = [await self._page(request)]
        while pages[-1].next is not None:
            pages.append(await self._page(request, pages[-1].next))
        back = [pages[-1]]
        while back[-1].previous is not None:
            back.append(await self._page(request, back[-1].previous))
        ids = [_ids(page) for page in pages]
        assert [_ids(page) for page in reversed(back)] == ids
        return [id_ for page in ids for id_ in page]

    async def _page(self, request: SearchRequest[Any], position: Cursor | None = None) -> Page:
        """Return a page whose resources are not loaded: which they are, and in which order."""
        content = position and position.as_json()
        async with self.storage.transaction() as tx:
            transactions, kinds = self.storage.transactions, KINDS[self.model]
            return await find(transactions, tx, kinds, request, content, BASE_URL)


def _ids(page: Page) -> list[str]:
    return [id_ for _, id_ in page.found]


Check = Callable[[Directory], Awaitable[None]]
WithDirectory = Callable[[Any, Example, Check], None]


@pytest.fixture
def with_directory(directory_url: str) -> Iterator[WithDirectory]:
    """Give what runs a check on the directory of an example."""
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        database = runner.run(opened.__aenter__())
        created = runner.run(create_connection(database, "acme", RULES, now()))
        transactions = transactions_on(database, created)

        async def run(model: Any, example: Example, check: Check) -> None:
            storage = DirectoryStorage(transactions, BASE_URL)
            with contextlib.suppress(Undone), PROVIDER:
                async with storage.operation():
                    stored = await _store(storage, example)
                    kinds = {kind.name for kind in KINDS[model]}
                    seen = [
                        each for each in stored if each.meta and each.meta.resource_type in kinds
                    ]
                    await check(Directory(storage, model, seen))
                    raise Undone

        yield lambda model, example, check: runner.run(run(model, example, check))
        runner.run(opened.__aexit__(None, None, None))


async def _store(storage: DirectoryStorage, example: Example) -> list[AnyResource]:
    """Store the directory: every other user is in every group, and each group in the next one."""
    users: list[str | None] = []
    groups: list[str | None] = []
    for number, given_ in enumerate(example.users):
        attributes = {name: value for name, value in given_.items() if name != "name_suffix"}
        name = {
            "userName": f"A{number}{given_['name_suffix']}",
            "displayName": given_["name_suffix"],
        }
        user = ScimUser.model_validate({"schemas": [], **name, **attributes})
        users.append((await storage.create(USER_TYPE, user)).id)
    for number, given_ in enumerate(example.groups):
        attributes = {name: value for name, value in given_.items() if name != "name_suffix"}
        members = [
            {"value": id_, "display": given_["name_suffix"]} for id_ in users[number % 2 :: 2]
        ]
        members += [{"value": id_} for id_ in groups[-1:]]
        name = {"displayName": f"G{number}{given_['name_suffix']}"}
        group = Group.model_validate({"schemas": [], **name, **attributes, "members": members})
        groups.append((await storage.create(GROUP_TYPE, group)).id)
    read = [await storage.get(USER_TYPE, str(id_)) for id_ in users]
    read += [await storage.get(GROUP_TYPE, str(id_)) for id_ in groups]
    # All were created at the same moment, in one transaction: the ids decide what comes first.
    return [SERVICE.publish(BASE_URL, each) for each in sorted(read, key=lambda each: str(each.id))]


async def _filters_agree(directory: Directory, example: Example) -> None:
    for text in example.filters:
        try:
            request = directory.request(filter=text)
        except ValidationError:
            continue  # an operator that the attribute does not take
        assert request.filter is not None
        try:
            expected = [each.id for each in directory.stored if request.filter.match(each)]
        except InvalidFilterException:
            expected = None
        if expected is None:
            with pytest.raises(InvalidFilterException):
                await directory.found(request)
        else:
            assert await directory.found(request) == expected, text


async def _orders_agree(directory: Directory, example: Example) -> None:
    for path in example.sorts:
        for order in ("ascending", "descending"):
            asked = {"sortBy": path, "sortOrder": order}
            try:
                request = directory.request(**asked)
            except ValidationError:
                continue  # what has parts has no order
            expected = [each.id for each in request.sort(directory.stored)]
            assert await directory.found(request) == expected, asked
            by_cursor = directory.request(**asked, cursor="", count=example.count)
            assert await directory.walked(by_cursor) == expected, asked


@quick
@given(example=filtered(ScimUser))
@with_example(example=PECULIAR)
def test_a_filter_of_users_finds_what_it_matches_in_memory(
    with_directory: WithDirectory, example: Example
) -> None:
    with_directory(ScimUser, example, lambda directory: _filters_agree(directory, example))


@quick
@given(example=filtered(Group))
@with_example(example=PECULIAR)
def test_a_filter_of_groups_finds_what_it_matches_in_memory(
    with_directory: WithDirectory, example: Example
) -> None:
    with_directory(Group, example, lambda directory: _filters_agree(directory, example))


@quick
@given(example=filtered(ROOT))
@with_example(example=PECULIAR)
def test_a_filter_of_everything_finds_what_it_matches_in_memory(
    with_directory: WithDirectory, example: Example
) -> None:
    with_directory(ROOT, example, lambda directory: _filters_agree(directory, example))


@quick
@given(example=ordered(ScimUser))
@with_example(example=PECULIAR)
def test_an_order_of_users_is_that_in_memory_on_every_page(
    with_directory: WithDirectory, example: Example
) -> None:
    with_directory(ScimUser, example, lambda directory: _orders_agree(directory, example))


@quick
@given(example=ordered(ROOT))
@with_example(example=PECULIAR)
def test_an_order_of_everything_is_that_in_memory_on_every_page(
    with_directory: WithDirectory, example: Example
) -> None:
    with_directory(ROOT, example, lambda directory: _orders_agree(directory, example))
