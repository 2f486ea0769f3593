"""Which bulk requests cost most? As many operations as they may have, and operations in circles."""

from collections.abc import Sequence
from typing import Any

from api.scim.protocol.limits import MOST_IN_CYCLE
from tests.drivers.in_process import PATCH
from tests.neighbours.requests import Tenant, group, replace, user
from tests.neighbours.wire_request import Request

OPERATIONS = 1_000


def _operation(path: str, bulk_id: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": data}


async def bulks_of_users(tenant: Tenant) -> Sequence[Request]:
    """A thousand users at a time."""
    many = range(tenant.some(OPERATIONS))
    return [
        tenant.bulk([_operation("/Users", f"b{at}", user(f"{each}-{at}")) for at in many])
        for each in range(20)
    ]


async def bulks_of_leavers(tenant: Tenant) -> Sequence[Request]:
    """A thousand people who leave together, and come back together."""
    people = await tenant.crowd(OPERATIONS)
    return [
        tenant.bulk([_activation(each, active=active) for each in people])
        for active in (False, True)
    ]


def _activation(id_: str, *, active: bool) -> dict[str, Any]:
    data = {"schemas": [PATCH], "Operations": [replace("active", active)]}
    return {"method": "PATCH", "path": f"/Users/{id_}", "data": data}


async def bulks_of_errors(tenant: Tenant) -> Sequence[Request]:
    """A thousand operations, none of which can be done."""
    return [tenant.bulk([_operation("/Nowhere", f"b{at}", user("n")) for at in range(OPERATIONS)])]


def _circle(name: str, size: int) -> list[dict[str, Any]]:
    """Return groups of which each has the next one as its member."""
    return [
        _operation(
            "/Groups",
            f"{name}-{at}",
            group(f"{name}-{at}", [f"bulkId:{name}-{(at + 1) % size}"]),
        )
        for at in range(size)
    ]


async def circles(tenant: Tenant) -> Sequence[Request]:
    """Circles of operations, the largest that are done and one that is not."""
    several = tenant.some(OPERATIONS // MOST_IN_CYCLE)
    lawful = [
        tenant.bulk([it for at in range(several) for it in _circle(f"{each}-{at}", MOST_IN_CYCLE)])
        for each in range(20)
    ]
    return [tenant.bulk(_circle("all", OPERATIONS)), *lawful]
