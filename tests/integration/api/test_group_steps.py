"""Are groups changed in the same steps when the library has read the request, as in bulk?"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from scim2_models import Group, PatchOp
from scim2_server.conditions import Conditions

from api.correlation import new_trace
from api.scim.authentication import OpenedConnection
from api.scim.handler import DirectoryHandler
from api.scim.limits import Limits
from api.scim.provider import scim_provider
from api.scim.service import MusterService
from api.scim.shared_users import SharedUsers
from api.scim.storage import DirectoryStorage
from contracts.clock import now
from tests.ingress import RULES, Ingress
from tests.statements import asked_of

PROVIDER = scim_provider(Limits())
GROUP_TYPE = PROVIDER.resource_types[1]


@pytest.fixture
async def handler(ingress: Ingress) -> AsyncIterator[DirectoryHandler]:
    """Give the handler of a bulk request."""
    connection = OpenedConnection(ingress.connection, RULES)
    storage = DirectoryStorage(
        ingress.database, connection, new_trace(), writing=True, members_apart=True
    )
    with PROVIDER:
        service = MusterService(PROVIDER, Limits(), secret="nobody's")
        yield DirectoryHandler(service, storage, SharedUsers(ingress.database, now))


async def test_a_patch_that_was_read_adds_and_removes(
    ingress: Ingress, handler: DirectoryHandler
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    group = await ingress.group("Weavers", ada)
    operations: Any = [
        {"op": "add", "value": {"displayName": "Spinners", "members": [{"value": ben}]}},
        {"op": "remove", "path": f'members[value eq "{ada}"]'},
    ]
    patch = PatchOp[Group](operations=operations)
    with asked_of(ingress.database) as asked:
        changed = await handler.patch_resource(GROUP_TYPE, group, patch, Conditions())
    assert changed.meta is not None
    assert (changed.id, changed.meta.version) == (group, 'W/"2"')
    assert asked.rows <= 2
    assert await ingress.members(group) == [ben]


async def test_a_replacement_that_was_read_takes_the_place_of_all(
    ingress: Ingress, handler: DirectoryHandler
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    group = await ingress.group("Weavers", ada)
    current = await handler.storage.get(GROUP_TYPE, group)
    body = {"displayName": "Weavers", "members": [{"value": ben, "display": "Ben"}]}
    replacement = Group.model_validate(body)
    await handler.replace_resource(GROUP_TYPE, current, replacement, Conditions())
    [member] = (await ingress.send("GET", f"/Groups/{group}")).json()["members"]
    assert (member["value"], member["display"]) == (ben, "Ben")
