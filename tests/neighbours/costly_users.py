"""Which lawful requests about users cost most? The largest users, and the most of them."""

from collections.abc import Sequence
from typing import Any

from tests.neighbours.requests import Tenant, group, replace, user
from tests.neighbours.wire_request import Request

MULTI_VALUED = ("emails", "phoneNumbers", "ims", "photos", "entitlements", "roles")
A_THOUSAND_ENTRIES: dict[str, Any] = {
    name: [{"value": f"a{at}"} for at in range(160)] for name in MULTI_VALUED
}
LONG_ADDRESSES: dict[str, Any] = {
    "addresses": [{"type": str(at), "formatted": "x" * 60_000} for at in range(4)]
}
SEVERAL = 16
"""Users that are changed at once, so that none of the changes waits for another."""


async def _users(tenant: Tenant, name: str, most: int, **attributes: Any) -> list[str]:
    users = [user(f"{name}-{at}", **attributes) for at in range(tenant.some(most))]
    return await tenant.ingress.together("/Users", users)


async def joiners(tenant: Tenant) -> Sequence[Request]:
    """Plain users, as a first import brings them."""
    names = [f"joiner-{at}@noise.test" for at in range(tenant.some(10_000))]
    return [
        tenant.request("POST", "/Users", user(name, emails=[{"value": name}])) for name in names
    ]


async def users_of_a_thousand_entries(tenant: Tenant) -> Sequence[Request]:
    """Users that have as many e-mails, numbers and roles as they may."""
    return [
        tenant.request("POST", "/Users", user(f"large-{at}", **A_THOUSAND_ENTRIES))
        for at in range(tenant.some(600))
    ]


async def small_changes_of_large_users(tenant: Tenant) -> Sequence[Request]:
    """A title, in a document of a thousand entries."""
    ids = await _users(tenant, "changed", SEVERAL, **A_THOUSAND_ENTRIES)
    return [
        tenant.patch(f"/Users/{ids[at % len(ids)]}", replace("title", str(at)))
        for at in range(tenant.some(2_000))
    ]


async def long_patches(tenant: Tenant) -> Sequence[Request]:
    """Operations by the dozen, each of which looks through a long list."""
    ids = await _users(tenant, "patched", SEVERAL, **A_THOUSAND_ENTRIES)
    chosen = "emails[" + " or ".join(['value eq "b"'] * 8) + "].type"
    adds = [
        tenant.patch(
            f"/Users/{ids[at % len(ids)]}",
            *[
                {"op": "add", "path": "emails", "value": [{"value": f"n{at}-{each}"}]}
                for each in range(39)
            ],
        )
        for at in range(100)
    ]
    return [*adds, *(tenant.patch(f"/Users/{id_}", replace(chosen, "q")) for id_ in ids)]


async def long_patches_of_small_users(tenant: Tenant) -> Sequence[Request]:
    """A hundred and fifty operations that say the same thing."""
    ids = await _users(tenant, "titled", SEVERAL)
    return [
        tenant.patch(
            f"/Users/{ids[at % len(ids)]}",
            *[replace("title", f"{at}-{each}") for each in range(150)],
        )
        for at in range(200)
    ]


async def pages_of_long_users(tenant: Tenant) -> Sequence[Request]:
    """Sixty users of 240 KB, in one page."""
    await tenant.alike("long", tenant.some(60), **LONG_ADDRESSES)
    terms = " or ".join(f'addresses.formatted co "{at}"' for at in range(80))
    return [
        tenant.request("GET", "/Users?count=200"),
        tenant.search("/Users", filter=terms, count=1),
        tenant.search("/Users", filter=" or ".join(["name pr or addresses pr"] * 15), count=200),
    ]


async def pages_of_parts(tenant: Tenant) -> Sequence[Request]:
    """Users of a thousand entries, of each of which a part is asked for."""
    await _users(tenant, "wide", 30, **A_THOUSAND_ENTRIES)
    excluded = ",".join(["title"] * 1_000)
    return [
        tenant.request("GET", "/Users?count=200&attributes=emails,roles,name"),
        tenant.request("GET", f"/Users?count=200&excludedAttributes={excluded}"),
    ]


async def leavers_of_many_groups(tenant: Tenant) -> Sequence[Request]:
    """Deletions of users, each of whom is in a hundred groups."""
    ids = await _users(tenant, "joined", 40)
    groups = [group(f"joined-{at}", ids) for at in range(tenant.some(100))]
    await tenant.ingress.together("/Groups", groups)
    return [tenant.request("DELETE", f"/Users/{id_}") for id_ in ids]
