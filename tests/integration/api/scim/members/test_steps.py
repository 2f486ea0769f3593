"""Are groups changed in the same steps when the library has read the request, as in bulk?"""

from typing import Any

import pytest
from scim2_models import BulkOperation, Group, PatchOp

from api.scim.operations.bulk_operations import BulkOperations
from api.scim.operations.handler import DirectoryHandler
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.service import TolerantScimService
from api.scim.users.batching import BatchedUsers
from contracts.clock import now
from tests.drivers.in_process import Ingress
from tests.readings.statements import asked_of

PROVIDER = scim_provider(Limits())
GROUP_TYPE = PROVIDER.resource_types[1]


@pytest.fixture
def operations(ingress: Ingress) -> BulkOperations:
    """Give what applies the operations of a bulk request."""
    transactions = ingress.transactions
    service = TolerantScimService(PROVIDER, Limits(), secret="nobody's")
    users = BatchedUsers(ingress.database, transactions.shares, transactions.locks, now)
    return DirectoryHandler(service, transactions, users).operations


def operation(method: BulkOperation.Method, group: str, data: Any) -> "BulkOperation[Any]":
    return BulkOperation[Group](method=method, path=f"/Groups/{group}", data=data)


async def test_a_patch_that_was_read_adds_and_removes(
    ingress: Ingress, operations: BulkOperations
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    group = await ingress.group("Weavers", ada)
    steps: Any = [
        {"op": "add", "value": {"displayName": "Spinners", "members": [{"value": ben}]}},
        {"op": "remove", "path": f'members[value eq "{ada}"]'},
    ]
    patch = operation(BulkOperation.Method.patch, group, PatchOp[Group](operations=steps))
    with PROVIDER, asked_of(ingress.database) as asked:
        changed = await operations.apply(GROUP_TYPE, patch, size=100)
    assert changed is not None
    assert changed.meta is not None
    assert (changed.id, changed.meta.version) == (group, 'W/"2"')
    assert asked.rows <= 5  # the group before and after, the token, room, and on SQLite its members
    assert await ingress.members(group) == [ben]


async def test_a_replacement_that_was_read_takes_the_place_of_all(
    ingress: Ingress, operations: BulkOperations
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    group = await ingress.group("Weavers", ada)
    body = {"displayName": "Weavers", "members": [{"value": ben, "display": "Ben"}]}
    replacement = operation(BulkOperation.Method.put, group, Group.model_validate(body))
    with PROVIDER:
        await operations.apply(GROUP_TYPE, replacement, size=100)
    [member] = (await ingress.send("GET", f"/Groups/{group}")).json()["members"]
    assert (member["value"], member["display"]) == (ben, "Ben")
