"""Are names that were stored with blanks the same as without them after the upgrade?"""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlmodel import col

from api.directory.tables import GroupRow, UserRow
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import GROUP, USER, Ingress, ingress_on, opened_directory
from tests.identity_providers.answers import error_of, resource_of
from tests.migrations.history import run_again

BLANK = "\u00a0 "


@pytest.fixture
async def ingress(directory_url: str) -> AsyncIterator[Ingress]:
    """Give a connection on a directory of today, whose names are made those of before."""
    async with opened_directory(directory_url) as database, ingress_on(database) as ingress:
        yield ingress


async def stored_before(ingress: Ingress, ids: dict[str, str]) -> None:
    """Give users and groups, by their ids, the keys that were made before; then make them anew."""
    async with ingress.database.write() as db:
        for id_, key in ids.items():
            await db.execute(
                update(UserRow).where(col(UserRow.id) == id_).values(user_name_key=key)
            )
            group = update(GroupRow).where(col(GroupRow.id) == id_)
            await db.execute(group.values(display_name_key=key))
        await db.run_sync(run_again, DIRECTORY, "0007")


async def test_a_name_with_blanks_is_found_and_taken(ingress: Ingress) -> None:
    ada, admins = await ingress.user(f"Ada{BLANK}"), await ingress.group(f"{BLANK}Admins")
    await stored_before(ingress, {ada: f"ada{BLANK}", admins: f"{BLANK}admins"})
    for path, name, sought, found in (
        ("/Users", "userName", "ada", ada), ("/Groups", "displayName", "admins", admins),
    ):  # fmt: skip
        for text in (sought, f"{sought}{BLANK}"):
            assert await ingress.found(path, f'{name} eq "{text}"') == [found]
        body = {"schemas": [USER if path == "/Users" else GROUP], name: sought}
        error_of(await ingress.send("POST", path, body), 409, "uniqueness")


async def test_two_that_stood_beside_each_other_stay_and_can_be_changed(ingress: Ingress) -> None:
    ada, other = await ingress.user("ada"), await ingress.user("eve")
    admins, like = await ingress.group("Admins"), await ingress.group("Weavers", other)
    async with ingress.database.write() as db:
        named = {"userName": f"ada{BLANK}", "schemas": [USER], "active": True}
        await db.execute(update(UserRow).where(col(UserRow.id) == other).values(resource=named))
        labelled = {"displayName": f"Admins{BLANK}", "schemas": [GROUP]}
        changed = update(GroupRow).where(col(GroupRow.id) == like)
        await db.execute(changed.values(resource=labelled, display_name=labelled["displayName"]))
    await stored_before(ingress, {other: f"ada{BLANK}", like: f"admins{BLANK}"})
    assert await ingress.found("/Users", 'userName eq "ada"') == [ada]
    assert await ingress.found("/Groups", 'displayName eq "admins"') == [admins]
    leaving = {"op": "replace", "path": "active", "value": False}
    assert resource_of(await ingress.patch(f"/Users/{other}", leaving))["active"] is False
    put = {"schemas": [USER], "userName": f"ada{BLANK}", "title": "Weaver", "active": False}
    resource_of(await ingress.send("PUT", f"/Users/{other}", put))
    told = {"op": "replace", "path": "externalId", "value": "g1"}
    assert (await ingress.patch(f"/Groups/{like}", told)).status_code == 204
    renamed = {"op": "replace", "path": "displayName", "value": "Other Admins"}
    assert (await ingress.patch(f"/Groups/{like}", renamed)).status_code == 204
