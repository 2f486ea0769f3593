"""Do members that come or go at once come and go as in any other way? Both ways are tried in turn.

The same body behind blanks is too long to be plain, and takes the other way.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from sqlalchemy import select, update

from api.admin.connections import create_connection
from api.directory.tables import ApiTable
from api.scim.groups.requests import GroupRequests
from api.scim.groups.writes import GroupWrites
from api.scim.members.plain_changes import LONGEST_PLAIN_PATCH, PATCH_SCHEMA, plain_change_in
from api.scim.operations.storage import DirectoryStorage
from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import Group, ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from contracts.clock import now
from tests.conformance.groups_in_memory import PROVIDER
from tests.drivers.examples import examples
from tests.drivers.in_process import RULES, opened_directory, transactions_on
from tests.drivers.joined_transactions import within

USER_TYPE, GROUP_TYPE = PROVIDER.resource_types
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="nobody's")
TABLES = ApiTable.metadata.tables

ADA, BEN, INNER, STRANGER = "{ada}", "{ben}", "{inner}", "f" * 32
NAMES = st.sampled_from([ADA, ADA, BEN, INNER, STRANGER, "{ada}0", ""])
LABELS = st.sampled_from(["Ada", "ada", "", None])
ENTRIES = st.fixed_dictionaries(
    {"value": NAMES},
    optional={
        "display": LABELS,
        "type": st.sampled_from(["User", "group", None, 5]),
        "$ref": st.sampled_from([None, "Users/{ada}"]),
        "VALUE": NAMES,
        "colour": st.just("red"),
    },
)
VALUES = st.lists(ENTRIES, max_size=3) | ENTRIES | st.none()
PATHS = st.sampled_from(
    [
        "members",
        "Members",
        'members[value eq "{ada}"]',
        'Members[VALUE Eq "{inner}"]',
        'members[value ne "{ada}"]',
        "displayName",
    ]
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Add", "remove", "Remove", "replace"]), "path": PATHS},
    optional={"value": VALUES},
)
STORED = st.dictionaries(st.sampled_from(["ada", "ben", "inner"]), st.sampled_from([None, "Ada"]))


class Undone(Exception):
    """Rolls a transaction back."""


@dataclass(frozen=True, slots=True)
class Ways:
    """Sends a body in both ways, each to a group with the same members."""

    runner: asyncio.Runner
    transactions: Transactions
    people: Mapping[str, str]

    def agree_on(self, stored: Mapping[str, str | None], body: str) -> None:
        plain = self.runner.run(self._outcome(stored, body))
        assert plain == self.runner.run(self._outcome(stored, " " * LONGEST_PLAIN_PATCH + body))

    async def _outcome(self, stored: Mapping[str, str | None], body: str) -> Any:
        outcome: Any = None
        with contextlib.suppress(Undone):
            async with self.transactions.database.write() as db:
                outcome = await self._outcome_in(within(self.transactions, db), stored, body)
                raise Undone
        return outcome

    async def _outcome_in(
        self, joined: Transactions, stored: Mapping[str, str | None], body: str
    ) -> Any:
        members = [{"value": self.people[of], "display": label} for of, label in stored.items()]
        group = await _group(DirectoryStorage(joined), "group", members)
        ids = {**self.people, "group": group}
        await _settle(joined)
        for name, id_ in ids.items():
            body = body.replace(f"{{{name}}}", id_)
        answer = await _answer_to(joined, ids["group"], body)
        return answer, await _rows(joined, {id_: name for name, id_ in ids.items()})


@pytest.fixture
def ways(directory_url: str) -> Iterator[Ways]:
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        database = runner.run(opened.__aenter__())
        created = runner.run(create_connection(database, "acme", RULES, now()))
        transactions = transactions_on(database, created)
        yield Ways(runner, transactions, runner.run(_people(transactions)))
        runner.run(opened.__aexit__(None, None, None))


async def _people(transactions: Transactions) -> dict[str, str]:
    """Create everybody who can be a member, for all examples; return the ids by name."""
    storage = DirectoryStorage(transactions)
    ids: dict[str, str] = {}
    for name in ("ada", "ben"):
        user = ScimUser.model_validate({"schemas": [], "userName": name})
        ids[name] = str((await storage.create(USER_TYPE, user)).id)
    ids["inner"] = await _group(storage, "inner", [])
    return ids


async def _group(storage: DirectoryStorage, name: str, members: list[Any]) -> str:
    group = Group.model_validate({"schemas": [], "displayName": name, "members": members})
    return str((await storage.create(GROUP_TYPE, group)).id)


async def _settle(transactions: Transactions) -> None:
    """Clear every mark, and let each identity have its first version."""
    async with transactions.write() as tx:
        await tx.db.execute(update(TABLES["identities"]).values(dirty_lane=None, version=1))


async def _answer_to(transactions: Transactions, group: str, body: str) -> Any:
    requests = GroupRequests(SERVICE, transactions, GroupWrites(SERVICE, transactions))
    request = ScimRequest("PATCH", "https://muster.test", f"/Groups/{group}", body=body.encode())
    try:
        with PROVIDER:
            answer = await requests.patch(request, GROUP_TYPE, group)
    except SCIMException as error:
        return type(error)
    return answer.status, answer.body, answer.headers


async def _rows(transactions: Transactions, names: Mapping[str, str]) -> Any:
    """Return memberships, marks and revisions, with names in place of ids."""
    members, people, groups = (TABLES[it] for it in ("memberships", "identities", "groups"))
    async with transactions.read() as tx:
        stored = await tx.db.execute(
            select(members.c.member_id, members.c.member_type, members.c.display_key)
        )
        marks = await tx.db.execute(
            select(people.c.id, people.c.dirty_lane, people.c.version > 1, people.c.correlation_id)
        )
        revisions = await tx.db.execute(select(groups.c.id, groups.c.revision))
        return [
            {(names[id_], *rest) for id_, *rest in rows.all()}
            for rows in (stored, marks, revisions)
        ]


@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stored=STORED, operation=OPERATIONS)
def test_both_ways_end_alike(
    ways: Ways, stored: Mapping[str, str | None], operation: Mapping[str, Any]
) -> None:
    body = {"schemas": [PATCH_SCHEMA], "Operations": [operation]}
    ways.agree_on(stored, json.dumps(body))


ID = "a" * 32


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "members", "value": [{"value": ID, "display": "ada@acme.test"}]},
        {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ID}]},
        {"op": "remove", "path": f'members[value eq "{ID}"]'},
        {"op": "Remove", "path": "members", "value": [{"value": ID}]},
    ],
    ids=["Okta adds", "Entra adds", "Okta removes", "Entra removes"],
)
def test_what_providers_send_for_one_member_is_plain(operation: Mapping[str, Any]) -> None:
    change = plain_change_in({"schemas": [PATCH_SCHEMA], "Operations": [operation]})
    assert change is not None
    assert set(change.members) == {ID}
    assert change.adds == (operation["op"].lower() == "add")


@pytest.mark.parametrize(
    "patch",
    [
        {"schemas": [PATCH_SCHEMA], "Operations": []},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "add", "path": "members", "value": []}]},
        {"Operations": [{"op": "remove", "path": f'members[value eq "{ID}"]'}]},
        {"schemas": [PATCH_SCHEMA], "Operations": [{"op": "remove", "path": "members"}]},
        [],
    ],
)
def test_anything_else_is_not_plain(patch: Any) -> None:
    assert plain_change_in(patch) is None
