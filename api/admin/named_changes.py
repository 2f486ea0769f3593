"""Who changed what, and about whom? The names are read to the ids of the audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.actors import Actor, Power
from api.admin.admin_tokens import ADMIN_TOKENS, actor_name
from api.admin.administration import Administration
from api.admin.audit import Outcome
from api.admin.list_audit import ListedChange, list_changes
from api.admin.mentions import Kind, Mention, mentioned
from api.directory.group_names import group_names
from api.directory.people import user_names_of
from contracts.downstream.pages import Key, Page

Names = Mapping[Mention, str]
"""Names by mentions. A mention that is not known any more has none."""


@dataclass(frozen=True, slots=True)
class NamedChange:
    """A change, the name of the administrator's token, and the names of its mentions.

    ``by`` is None where there is none, or it is not for the reader. ``names`` are those of the
    whole page: userNames, names of groups, serial numbers and e-mails.
    """

    change: ListedChange
    by: str | None
    names: Names


async def page_changes(
    it: Administration,
    actor: Actor,
    workspace: str,
    connection: str | None = None,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[NamedChange]:
    """Return a page of the changes of a workspace or of a connection, the latest first.

    The beginning of a change whose end is on the same page is left out. Only owners are told the
    names of administrators, as in the list of them.

    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises UnknownConnection: when the actor does not reach the connection.
    """
    before = None if after is None else int(after[0])
    found = await list_changes(
        it, actor, workspace=workspace, connection=connection, before=before, most=most + 1
    )
    page = Page.of([(change, (change.number,)) for change in found], most)
    changes = _without_beginnings(page.items)
    about = {each for change in changes for each in mentioned(change)}
    names = await _names_downstream(it, workspace, about)
    async with it.directory.read() as db:
        names |= await _names_in_directory(db, about)
        tokens = await _tokens(db, changes, about) if actor.power >= Power.OWN else {}
    names |= {each: tokens[each.id] for each in about if each.id in tokens}
    by = {actor_name(id_): name for id_, name in tokens.items()}
    return Page(tuple(NamedChange(it, by.get(it.actor), names) for it in changes), page.next)


def _without_beginnings(changes: Sequence[ListedChange]) -> Sequence[ListedChange]:
    ended = {each.correlation_id for each in changes if each.outcome is not Outcome.BEGUN}
    return [
        each
        for each in changes
        if each.outcome is not Outcome.BEGUN or each.correlation_id not in ended
    ]


async def _tokens(
    db: AsyncConnection, changes: Collection[ListedChange], about: Collection[Mention]
) -> Mapping[str, str]:
    """Return the names of administrators by their ids: of those who acted, and of those meant."""
    acted = {each.actor.partition(":")[2] for each in changes} - {""}
    meant = {each.id for each in about if each.kind is Kind.ADMINISTRATOR}
    of_ids = ADMIN_TOKENS.c.id.in_(sorted(acted | meant))
    named = await db.execute(select(ADMIN_TOKENS.c.id, ADMIN_TOKENS.c.name).where(of_ids))
    return {id_: name for id_, name in named}  # noqa: C416 - rows are no pairs to a type checker


async def _names_in_directory(
    db: AsyncConnection, about: Collection[Mention]
) -> dict[Mention, str]:
    people = [(each.connection, each.id) for each in about if each.kind is Kind.PERSON]
    groups = [(each.connection, each.id) for each in about if each.kind is Kind.GROUP]
    called = {Kind.PERSON: await user_names_of(db, people)}
    if groups:
        of, ids = ({key[place] for key in groups} for place in (0, 1))
        called[Kind.GROUP] = await group_names(db, of, ids)
    return {
        Mention(kind, id_, connection): name
        for kind, names in called.items()
        for (connection, id_), name in names.items()
        if name
    }


async def _names_downstream(
    it: Administration, workspace: str, about: Collection[Mention]
) -> dict[Mention, str]:
    devices = [each.id for each in about if each.kind is Kind.DEVICE]
    accounts = [each.id for each in about if each.kind is Kind.ACCOUNT]
    serials = await it.downstream.devices.serials(workspace, devices) if devices else {}
    emails = await it.downstream.accounts.emails(workspace, accounts) if accounts else {}
    return {Mention(Kind.DEVICE, id_): serial for id_, serial in serials.items()} | {
        Mention(Kind.ACCOUNT, id_): email for id_, email in emails.items()
    }
