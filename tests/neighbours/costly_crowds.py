"""Which lawful requests cost most where there are many users? Searches, and groups of them all."""

import uuid
from collections.abc import Sequence

from tests.neighbours.requests import Tenant, group, replace
from tests.neighbours.wire_request import Request

CROWD = 30_000


async def scans(tenant: Tenant) -> Sequence[Request]:
    """Searches that no index serves, and pages far from the first."""
    await tenant.crowd(CROWD)
    return [
        tenant.request("GET", "/Users?filter=displayName%20co%20%22zzz%22"),
        tenant.request("GET", "/Users?sortBy=displayName&count=200&startIndex=20000"),
        tenant.request("GET", "/Users?filter=emails.value%20co%20%22zzz%22&sortBy=title"),
        tenant.request("GET", "/Users?count=200&startIndex=29000"),
        tenant.request("GET", "/Groups?filter=members.value%20eq%20%22x%22"),
    ]


async def groups_of_everybody(tenant: Tenant) -> Sequence[Request]:
    """A group that is renamed, shown, halved and filled."""
    members = await tenant.crowd(CROWD)
    everybody = f"/Groups/{await tenant.group_of('everybody', members)}"
    return [
        tenant.patch(everybody, replace("displayName", "renamed")),
        tenant.request("PUT", everybody, group("halved", members[::2])),
        tenant.request("GET", everybody),
        tenant.request("PUT", everybody, group("filled", members)),
    ]


async def members_of_everybody(tenant: Tenant) -> Sequence[Request]:
    """Members of a large group that are chosen by what they are called."""
    everybody = f"/Groups/{await tenant.group_of('chosen', await tenant.crowd(CROWD))}"
    chosen = [{"op": "remove", "path": f'members[display co "{at}"]'} for at in range(49)]
    return [
        tenant.patch(everybody, replace("members.display", "renamed")),
        tenant.patch(everybody, replace('members[type eq "User"].display', "chosen")),
        tenant.patch(everybody, *chosen),
    ]


async def groups_of_strangers(tenant: Tenant) -> Sequence[Request]:
    """Groups of 100,000 members that are nobody."""
    strangers = [uuid.uuid4().hex for _ in range(tenant.some(100_000))]
    return [
        tenant.request("POST", "/Groups", group(f"strangers-{at}", strangers)) for at in range(4)
    ]
