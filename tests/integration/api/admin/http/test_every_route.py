"""Does every route keep to the workspace of its caller? Each operation of the document is tried.

A route that is new is tried without being named here. A parameter that names neither a workspace
nor a connection has a line in ``tests/drivers/things_of_acme.py``.
"""

import re

import httpx2
import pytest

from api.admin.actors import COMMAND
from api.admin.connections import create_connection
from api.admin.list_audit import list_changes
from api.admin.tokens import rotate_token
from contracts.clock import now
from tests.drivers.admin_http import RULES, AdminApi, Administrator
from tests.drivers.things_of_acme import values_of
from tests.readings.operations import Operation, operations
from tests.servers.both_databases import on_both_databases

OPERATIONS = list(operations())
each_look = pytest.mark.parametrize(
    "operation", [it for it in OPERATIONS if it.looks], ids=lambda it: it.id
)
each_change = pytest.mark.parametrize(
    "operation", [it for it in OPERATIONS if not it.looks], ids=lambda it: it.id
)
LOOKS_ALL_THE_SAME = {"connections_preview", "rules_validate"}
"""Operations that change nothing although their method might."""

ELSEWHERE = {"workspace": "Nowhere", "connection": "nowhere-store"}
"""Names of nothing, in place of Acme's."""


async def send(
    actor: Administrator, operation: Operation, values: dict[str, str]
) -> httpx2.Response:
    """Send the request of an operation."""
    path, query, body = operation.request(values)
    return await actor.http.request(operation.method, path, params=query, json=body)


def without_names(answer: httpx2.Response) -> tuple[int, str]:
    """Return an answer without the name that the request gave."""
    return answer.status_code, re.sub("(?i)acme|nowhere", "X", answer.text)


@pytest.fixture(scope="module")
async def values(shared_api: AdminApi) -> dict[str, str]:
    """Give a value for each parameter, of what tests that only look have in common."""
    return await values_of(shared_api)


@on_both_databases
@each_look
async def test_an_operator_may_look(
    shared_api: AdminApi, values: dict[str, str], operation: Operation
) -> None:
    answer = await send(shared_api.operator, operation, values)
    assert answer.is_success or answer.status_code == 409, answer.text


@on_both_databases
@each_change
async def test_an_operator_may_do_it(admin_api: AdminApi, operation: Operation) -> None:
    answer = await send(admin_api.operator, operation, await values_of(admin_api))
    assert answer.is_success or answer.status_code == 409, answer.text


async def test_nothing_is_done_without_a_token_of_an_administrator(admin_api: AdminApi) -> None:
    providers = await rotate_token(admin_api.it, COMMAND, "acme-store")
    values = await values_of(admin_api)
    before = await list_changes(admin_api.it, COMMAND)
    for token in (None, "wrong", providers.token):
        stranger = admin_api.as_bearer(token)
        for operation in OPERATIONS:
            answer = await send(stranger, operation, values)
            assert answer.status_code == 401, operation.id
    assert await list_changes(admin_api.it, COMMAND) == before


@on_both_databases
async def test_another_workspace_is_as_good_as_none(admin_api: AdminApi) -> None:
    values = await values_of(admin_api)
    before = await list_changes(admin_api.it, COMMAND)
    for operation in OPERATIONS:
        of_acme = await send(admin_api.stranger, operation, values)
        of_none = await send(admin_api.stranger, operation, values | ELSEWHERE)
        assert without_names(of_acme) == without_names(of_none), operation.id
        if of_acme.is_success:
            assert "acme" not in of_acme.text.lower(), operation.id
            assert not ELSEWHERE.keys() & {*operation.in_path, *operation.in_query}, operation.id
        else:
            assert of_acme.status_code in {403, 404}, operation.id
    assert await list_changes(admin_api.it, COMMAND) == before


async def test_lists_without_a_filter_show_no_other_workspace(admin_api: AdminApi) -> None:
    await create_connection(admin_api.it.directory, "Acme", RULES, now())
    lists = [it for it in OPERATIONS if it.looks and not it.in_path]
    assert lists
    for operation in lists:
        answer = await admin_api.stranger.http.get(operation.path)
        assert answer.status_code in {200, 403}, operation.id
        assert "acme" not in answer.text.lower(), operation.id


async def test_a_viewer_changes_nothing(admin_api: AdminApi) -> None:
    values = await values_of(admin_api)
    before = await list_changes(admin_api.it, COMMAND)
    for operation in OPERATIONS:
        answer = await send(admin_api.viewer, operation, values)
        if operation.looks or operation.id in LOOKS_ALL_THE_SAME:
            assert answer.status_code in {200, 403}, (operation.id, answer.text)
        else:
            refusal = answer.status_code, answer.json()["code"]
            assert refusal == (403, "not_allowed"), operation.id
    assert await list_changes(admin_api.it, COMMAND) == before


def test_every_operation_says_what_it_does() -> None:
    assert len({it.id for it in OPERATIONS}) == len(OPERATIONS) > 0
