"""Whose losses are held by a brake, and how are they decided? An administrator approves or rejects.

An approved loss is published as any other, and counts for no brake. A rejected loss is waived: a
leaver stays as released until the provider changes ``active`` again, and an Admin until the
provider gives the role once more.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.admin.scope import connection_for
from api.directory.brake_limits import Effect
from api.errors import NotHeld
from api.outbox.held_losses import (
    PAGE,
    HeldLoss,
    held_losses,
    held_until,
    kept_among,
    release,
    waive,
)
from api.traces import new_trace

OF_LEAVING = (Effect.DEACTIVATION, Effect.DEVICE)
"""The brakes that hold a leaving; a person is held by one of them at most."""

EndPage = Callable[[AsyncConnection, Effect, Collection[str]], Awaitable[frozenset[str]]]
"""Ends losses of an effect of some identities, and returns the ids of those that had one."""


async def list_held(
    it: Administration,
    actor: Actor,
    connection_id: str,
    *,
    after: HeldLoss | None = None,
    most: int = PAGE,
) -> Sequence[HeldLoss]:
    """Return a page of the held losses, effect by effect, the longest held first.

    :param after: the last loss of the page before.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    effects = list(Effect)
    first = 0 if after is None else effects.index(after.effect)
    found: list[HeldLoss] = []
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        for effect in effects[first:]:
            place = after.place if after is not None and after.effect is effect else None
            left = most - len(found)
            found += await held_losses(db, connection_id, effect, after=place, most=left)
            if len(found) == most:
                break
    return found


async def newest_held(it: Administration, actor: Actor, connection_id: str) -> int | None:
    """Return since when the newest held loss is held, in microseconds; None: there is none.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        newest = [await held_until(db, connection_id, effect) for effect in Effect]
    return max((at for at in newest if at is not None), default=None)


async def every_held(
    it: Administration, actor: Actor, connection_id: str
) -> AsyncIterator[Sequence[HeldLoss]]:
    """Yield all pages of ``list_held``.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    after: HeldLoss | None = None
    while page := await list_held(it, actor, connection_id, after=after):
        yield page
        after = page[-1]


async def approve_held(
    it: Administration,
    actor: Actor,
    connection_id: str,
    identities: Collection[str] | None,
    *,
    until: int | None = None,
) -> int:
    """Release losses, and return of how many people.

    :param identities: the ids of people whose losses are held, or were rejected; None: everybody
        whose losses are held at the beginning.
    :param until: for everybody, the time up to which held losses are meant, in microseconds.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises NotHeld: when there is no such loss of one of the identities; then none is released,
        unless somebody else has decided meanwhile: then none of its page of ids.
    """
    trace = new_trace()

    async def end(db: AsyncConnection, effect: Effect, ids: Collection[str]) -> frozenset[str]:
        return await release(db, connection_id, effect, ids, trace, it.clock())

    return await _decide(it, actor, "held.approve", connection_id, identities, end, until)


async def reject_held(
    it: Administration,
    actor: Actor,
    connection_id: str,
    identities: Collection[str] | None,
    *,
    until: int | None = None,
) -> int:
    """Waive losses, and return of how many people.

    :param identities: as for ``approve_held``, without people whose losses were rejected before.
    :param until: as for ``approve_held``.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises NotHeld: as for ``approve_held``; then none is waived.
    """

    async def end(db: AsyncConnection, effect: Effect, ids: Collection[str]) -> frozenset[str]:
        return await waive(db, connection_id, effect, ids)

    return await _decide(it, actor, "held.reject", connection_id, identities, end, until)


async def _decide(
    it: Administration,
    actor: Actor,
    action: str,
    connection_id: str,
    identities: Collection[str] | None,
    end: EndPage,
    until: int | None,
) -> int:
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN)
        newest = {effect: await held_until(db, connection_id, effect) for effect in Effect}
        pages = None if identities is None else _pages(identities)
        for page in pages or ():
            await _check_held(db, connection_id, page, waived=action == "held.approve")
    named = None if pages is None else [id_ for page in pages for id_ in page]
    subject = named[0] if named is not None and len(named) == 1 else None
    after = {"identities": "all" if named is None else named}
    change = Change(action, found.workspace, connection_id, subject, after=after)
    async with begun(it, actor, change) as learnt:
        if pages is not None:
            return await _end_named(it, connection_id, pages, end)
        last = {effect: _earlier(at, until) for effect, at in newest.items()}
        learnt["people"] = await _end_all(it, connection_id, last, end)
        return int(learnt["people"])


def _earlier(newest: int | None, until: int | None) -> int | None:
    """Return until when losses are meant; None where none is held."""
    return newest if newest is None or until is None else min(newest, until)


async def _check_held(
    db: AsyncConnection, connection_id: str, ids: Collection[str], *, waived: bool
) -> None:
    kept = [await kept_among(db, connection_id, effect, ids, waived=waived) for effect in Effect]
    if others := frozenset(ids).difference(*kept):
        raise NotHeld(connection_id, others)


def _pages(identities: Collection[str]) -> Sequence[Sequence[str]]:
    ordered = sorted(set(identities))
    return [ordered[start : start + PAGE] for start in range(0, len(ordered), PAGE)]


async def _end_named(
    it: Administration, connection_id: str, pages: Sequence[Sequence[str]], end: EndPage
) -> int:
    """End the losses of named people, a transaction for each page of them.

    Somebody else may have decided meanwhile: then nothing of that page is decided once more.
    """
    people = 0
    for page in pages:
        async with it.directory.write() as db:
            ended = frozenset[str]().union(*[await end(db, effect, page) for effect in Effect])
            if others := frozenset(page) - ended:
                raise NotHeld(connection_id, others)
        people += len(ended)
    return people


async def _end_all(
    it: Administration, connection_id: str, until: Mapping[Effect, int | None], end: EndPage
) -> int:
    """End all losses that are held until a time, a transaction for each page of people.

    A person who leaves loses a held Admin role in the same transaction, and counts once. Leavings
    come first, as they are urgent.
    """
    people = 0
    for effect in (*OF_LEAVING, Effect.ADMIN_ROLE):
        while (last := until[effect]) is not None:
            async with it.directory.write() as db:
                page = await held_losses(db, connection_id, effect, until=last)
                ids = [loss.identity for loss in page]
                ended = await end(db, effect, ids)
                if effect is not Effect.ADMIN_ROLE:
                    admins = await _admins(db, connection_id, ids, until)
                    ended |= await end(db, Effect.ADMIN_ROLE, admins)
            people += len(ended)
            if len(page) < PAGE:
                break
    return people


async def _admins(
    db: AsyncConnection,
    connection_id: str,
    ids: Collection[str],
    until: Mapping[Effect, int | None],
) -> Collection[str]:
    """Return those of the ids whose loss of the Admin role is held until a time."""
    role = Effect.ADMIN_ROLE
    if (last := until[role]) is None:
        return ()
    return await kept_among(db, connection_id, role, ids, waived=False, until=last)
