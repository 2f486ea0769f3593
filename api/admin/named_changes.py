"""Who changed what, and about whom? The audit log holds ids; this reads the names to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.actors import Actor, Power
from api.admin.admin_tokens import ADMIN_TOKENS, actor_name
from api.admin.administration import Administration
from api.admin.audit import Outcome
from api.admin.list_audit import ListedChange, list_changes
from api.directory.people import people_with_ids
from contracts.downstream.pages import Key, Page

OF_PEOPLE = frozenset({"people", "identities", "held", "failures", "conflicts"})
"""The nouns of actions whose subjects are identities."""


@dataclass(frozen=True, slots=True)
class NamedChange:
    """A change with names. ``by`` is that of the administrator's token, ``person`` a userName.

    Both are None where there is none, or it is not for the reader.
    """

    change: ListedChange
    by: str | None
    person: str | None


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
    async with it.directory.read() as db:
        names = await _actors(db, changes) if actor.power >= Power.OWN else {}
        people = await _people(db, changes)
    named = [
        NamedChange(
            each,
            names.get(each.actor),
            people.get((each.connection or "", each.subject or "")),
        )
        for each in changes
    ]
    return Page(tuple(named), page.next)


def is_about_person(change: ListedChange) -> bool:
    """Return whether the subject of a change is the id of an identity. Pure."""
    has_both = change.subject is not None and change.connection is not None
    return has_both and change.action.partition(".")[0] in OF_PEOPLE


def _without_beginnings(changes: Sequence[ListedChange]) -> Sequence[ListedChange]:
    ended = {each.correlation_id for each in changes if each.outcome is not Outcome.BEGUN}
    return [
        each
        for each in changes
        if each.outcome is not Outcome.BEGUN or each.correlation_id not in ended
    ]


async def _actors(db: AsyncConnection, changes: Collection[ListedChange]) -> Mapping[str, str]:
    """Return the names of administrators by what the log calls them."""
    tokens = {each.actor.partition(":")[2] for each in changes}
    of_ids = ADMIN_TOKENS.c.id.in_(sorted(tokens - {""}))
    named = await db.execute(select(ADMIN_TOKENS.c.id, ADMIN_TOKENS.c.name).where(of_ids))
    return {actor_name(id_): name for id_, name in named}


async def _people(
    db: AsyncConnection, changes: Collection[ListedChange]
) -> Mapping[tuple[str, str], str]:
    """Return the userNames of people by the ids of their connections and their own."""
    about = {(it.connection or "", it.subject or "") for it in changes if is_about_person(it)}
    connections, ids = {of for of, _ in about}, {id_ for _, id_ in about}
    found = await people_with_ids(db, sorted(connections), sorted(ids))
    return {(each.connection, each.identity): each.user_name for each in found}
