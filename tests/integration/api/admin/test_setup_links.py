"""Who may connect a provider by a link, how often, and for how long?"""

import asyncio

import pytest
from sqlalchemy import select

from api.admin.actors import COMMAND, Actor, Power
from api.admin.admin_tokens import actor_name
from api.admin.administration import Administration
from api.admin.admins import create_admin, revoke_admin
from api.admin.delete_connection import delete_connection
from api.admin.list_audit import list_changes
from api.admin.setup_links import (
    LASTS,
    PLACE,
    SETUP_LINKS,
    LinkState,
    OpenLink,
    create_setup_link,
    link_with,
    list_setup_links,
    revoke_setup_link,
    use_setup_link,
)
from api.console.application import PREFIX, PUBLIC
from api.directory.closing import People
from api.errors import (
    ConnectionCloses,
    ExpiresTooEarly,
    NotAllowed,
    UnknownConnection,
    UnusableSetupLink,
)
from tests.drivers.administration import administration_on
from tests.drivers.in_process import Ingress

NOW = 1_700_000_000_000_000
OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)


async def used(it: Administration, secret: str) -> OpenLink:
    """Use a link up in a transaction of its own."""
    async with it.directory.write() as db:
        return await use_setup_link(db, secret, it.clock())


async def test_a_link_is_looked_at_any_number_of_times_and_used_once(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    for _ in range(3):
        found = await link_with(it, new.secret)
        assert (found.link.id, found.connection.id) == (new.id, ingress.connection)
    assert (await used(it, new.secret)).link == found.link
    for use_case in (link_with, used):
        with pytest.raises(UnusableSetupLink):
            await use_case(it, new.secret)
    [listed] = await list_setup_links(it, VIEWER, ingress.connection)
    assert listed.state is LinkState.USED
    assert listed.used_at is not None


async def test_of_two_who_use_a_link_at_once_one_succeeds(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    tried = await asyncio.gather(*(used(it, new.secret) for _ in "ab"), return_exceptions=True)
    assert sorted(type(each).__name__ for each in tried) == ["OpenLink", "UnusableSetupLink"]


async def test_a_link_ends_in_a_week_unless_another_time_is_chosen(ingress: Ingress) -> None:
    at_first = administration_on(ingress.database, clock=lambda: NOW)
    week = await create_setup_link(at_first, OWNER, ingress.connection)
    brief = await create_setup_link(at_first, OWNER, ingress.connection, NOW + 5)
    assert (week.expires_at, brief.expires_at) == (NOW + LASTS, NOW + 5)
    later = administration_on(ingress.database, clock=lambda: NOW + 5)
    with pytest.raises(UnusableSetupLink):
        await used(later, brief.secret)
    await link_with(later, week.secret)
    states = {it.id: it.state for it in await list_setup_links(later, VIEWER, ingress.connection)}
    assert states == {week.id: LinkState.OPEN, brief.id: LinkState.EXPIRED}


async def test_a_link_that_would_have_ended_already_is_not_made(ingress: Ingress) -> None:
    it = administration_on(ingress.database, clock=lambda: NOW)
    with pytest.raises(ExpiresTooEarly):
        await create_setup_link(it, OWNER, ingress.connection, NOW)
    assert await list_setup_links(it, OWNER, ingress.connection) == []


async def test_a_revoked_link_opens_nothing_and_stays_revoked(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    revoked = await revoke_setup_link(it, OWNER, ingress.connection, new.id)
    assert revoked.state is LinkState.REVOKED
    assert await revoke_setup_link(it, OWNER, ingress.connection, new.id) == revoked
    with pytest.raises(UnusableSetupLink):
        await used(it, new.secret)
    assert await _actions(ingress) == ["setup_links.revoke", "setup_links.create"]


async def test_only_the_digest_is_kept_and_no_list_shows_the_link(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    async with ingress.database.read() as db:
        stored = str((await db.execute(select(SETUP_LINKS))).all())
    listed = str(await list_setup_links(it, OWNER, ingress.connection))
    audited = str(await list_changes(it, COMMAND))
    for text in (stored, listed, audited):
        assert new.id in text
        assert new.secret not in text
    assert new.path == f"{PLACE}{new.secret}"


async def test_a_wrong_secret_opens_nothing(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    for secret in ("", new.id, new.secret[:-1], new.secret.upper(), "%", "\x00"):
        with pytest.raises(UnusableSetupLink) as refused:
            await used(it, secret)
        assert new.secret not in str(refused.value)


async def test_the_use_is_audited_under_the_name_of_the_link(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    await used(it, new.secret)
    use, created = (await list_changes(it, COMMAND))[:2]
    assert (use.action, use.actor) == ("setup_links.use", f"setup-link:{new.id}")
    assert (use.workspace, use.subject) == ("Acme", new.id)
    assert (created.action, created.actor) == ("setup_links.create", OWNER.name)


async def test_links_of_another_workspace_are_out_of_reach_and_viewers_change_none(
    ingress: Ingress,
) -> None:
    it, connection = administration_on(ingress.database), ingress.connection
    new = await create_setup_link(it, OWNER, connection)
    with pytest.raises(UnknownConnection):
        await list_setup_links(it, STRANGER, connection)
    for actor, error in ((STRANGER, UnknownConnection), (VIEWER, NotAllowed)):
        for use_case in (
            create_setup_link(it, actor, connection),
            revoke_setup_link(it, actor, connection, new.id),
        ):
            with pytest.raises(error):
                await use_case
    assert [each.state for each in await list_setup_links(it, VIEWER, connection)] == ["open"]


async def test_a_link_is_revoked_at_its_own_connection_alone(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, COMMAND, ingress.connection)
    other = (await ingress.neighbour()).connection
    for connection, link in ((other, new.id), (ingress.connection, new.secret)):
        with pytest.raises(UnusableSetupLink) as refused:
            await revoke_setup_link(it, COMMAND, connection, link)
        assert new.secret not in str(refused.value)
    await link_with(it, new.secret)


async def test_links_end_with_the_administrator_who_made_them(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    admin = await create_admin(it, COMMAND, "Acme", "owner")
    maker = Actor(actor_name(admin.id), "Acme", Power.OWN)
    gone = await create_setup_link(it, maker, ingress.connection)
    kept = await create_setup_link(it, OWNER, ingress.connection)
    await revoke_admin(it, COMMAND, admin.id)
    with pytest.raises(UnusableSetupLink):
        await used(it, gone.secret)
    await used(it, kept.secret)


async def test_a_connection_that_closes_has_no_open_links(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    new = await create_setup_link(it, OWNER, ingress.connection)
    await delete_connection(it, OWNER, ingress.connection, People.KEEP)
    for use_case in (link_with, used):
        with pytest.raises(UnusableSetupLink):
            await use_case(it, new.secret)
    with pytest.raises(ConnectionCloses):
        await create_setup_link(it, OWNER, ingress.connection)


def test_links_lead_to_a_page_of_the_console_that_takes_no_session() -> None:
    assert PLACE.startswith(PREFIX)
    assert PLACE.removeprefix(PREFIX) in PUBLIC


async def _actions(ingress: Ingress) -> list[str]:
    changes = await list_changes(administration_on(ingress.database), COMMAND)
    return [each.action for each in changes if each.action.startswith("setup_links")]
