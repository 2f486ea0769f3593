"""Who loses the Admin role, and may that be published? A relay judges it before it renders events.

A mapped name gives the role, and it is lost with a membership, a group or a line of the mapping.
The creation rule gives it to people whom no name gives a role, and it is lost to a lower name, or
with the rule. The giver is kept beside the identity when it is first published; a loss that is held
goes on being told as given by it. A person who leaves loses no role: the leaving is judged.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import assert_never

import structlog
from sqlalchemy import ColumnElement, and_, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.brake_limits import Effect
from api.directory.dialects import DirectoryDatabase
from api.directory.leavings import Leaving
from api.outbox.brake_rows import Loss, judge_losses
from api.outbox.events import Draft
from api.outbox.lease_statement import IDENTITIES
from api.outbox.leasing import BY_RULE, IdentityKey, Mark
from contracts.rules import CreateCollaborator, CreateNothing, DashboardRules, Role
from contracts.time_slice import TimeSlice

LOG = structlog.get_logger(__name__)

EFFECT = Effect.ADMIN_ROLE


@dataclass(slots=True)
class Changes:
    """The changes of a batch that concern the Admin role, by identities.

    ``gained`` has the names that give the role, or the rule. ``lost`` are losses to be judged, with
    the versions that bring them, in the order of the drafts. ``ended`` are roles that end with
    their people.
    """

    gained: dict[str, str] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)


async def judge_admins(
    database: DirectoryDatabase, drafts: Sequence[Draft], now: int
) -> Sequence[Draft]:
    """Let the brake judge the losses of the Admin role in drafts, and store the decisions.

    The drafts are returned with their marks as decided.

    A draft whose identity has a newer version by now is left out: that version has its own mark.
    """
    time_slice = TimeSlice()
    changes: defaultdict[str, Changes] = defaultdict(Changes)
    for draft in drafts:
        note_change(draft, changes)
        await time_slice.pause_if_over()
    if not changes:
        return drafts
    marks: dict[IdentityKey, Mark | None] = {}
    ordered = sorted((it.mark for it in drafts), key=lambda it: it.connection_id)
    for connection_id, of_connection in groupby(ordered, lambda it: it.connection_id):
        if connection_id in changes:
            async with database.write() as db:
                named = {it.identity_id: it for it in of_connection}
                decided = await _decide(db, connection_id, named, changes[connection_id], now)
            marks |= {(connection_id, id_): mark for id_, mark in decided.items()}
    told = [(draft, marks.get(draft.mark.name, draft.mark)) for draft in drafts]
    return [replace(draft, mark=mark) for draft, mark in told if mark is not None]


def note_change(draft: Draft, changes: dict[str, Changes]) -> None:
    """Add the change of the Admin role by a draft, if any, to the changes. Pure but for that.

    An event that is too large is never published, and so changes nothing.
    """
    mark, rules = draft.mark, draft.told_rules
    kept, is_held = mark.admin_line, mark.admin_hold is not None
    if draft.groups is None or not isinstance(rules, DashboardRules):
        return
    if kept is None and not _gives_admin(rules):
        return
    giver, id_ = _giver_of(draft, rules), mark.identity_id
    if giver is not None:
        is_of_another_kind = (giver == BY_RULE) != (kept == BY_RULE)
        if kept is None or is_held or is_of_another_kind:
            changes[mark.connection_id].gained[id_] = giver
    elif kept is not None and not mark.state.active:
        changes[mark.connection_id].ended.append(id_)
    elif kept is not None and not is_held:
        changes[mark.connection_id].lost[id_] = mark.state.version


def _gives_admin(rules: DashboardRules) -> bool:
    made = rules.on_create
    by_rule = isinstance(made, CreateCollaborator) and made.role is Role.ADMIN
    return by_rule or Role.ADMIN in rules.mapped_roles


def _giver_of(draft: Draft, rules: DashboardRules) -> str | None:
    """Return the name that makes a person an Admin, or ``BY_RULE``; None if neither does.

    A person who has left is given nothing new by the rule: there is no account to have the role. A
    role that the rule gave outlasts a rule that creates nothing, as the account's own.
    """
    mark = draft.mark
    names = draft.names if rules.mapped_roles else ()
    lines = rules.lines_for((*names, *mark.state.role_names), names)
    if lines:
        return next((line.name for line in lines if line.role is Role.ADMIN), None)
    had_it = mark.admin_line == BY_RULE and mark.admin_hold is None
    match rules.on_create:
        case CreateCollaborator(role=Role.ADMIN):
            return BY_RULE if mark.state.active or had_it else None
        case CreateCollaborator():
            return None
        case CreateNothing():
            return BY_RULE if had_it else None
        case never:
            assert_never(never)


async def _decide(
    db: AsyncConnection,
    connection_id: str,
    marks: Mapping[str, Mark],
    changes: Changes,
    now: int,
) -> dict[str, Mark | None]:
    """Judge and store the changes of one connection; return the marks as they are to be told.

    A mark is None if its identity has a newer version.
    """
    changing = {*changes.gained, *changes.lost, *changes.ended}
    newest = await _lock_newest(db, connection_id, {id_: marks[id_] for id_ in changing})
    told: dict[str, Mark | None] = dict.fromkeys(changing - newest)
    lost = {id_: version for id_, version in changes.lost.items() if id_ in newest}
    losses = [Loss(id_, version, {EFFECT: 1}) for id_, version in lost.items()]
    held = list(await judge_losses(db, connection_id, losses, now)) if losses else []
    over = [*(it for it in changes.ended if it in newest), *(lost.keys() - {*held})]
    by_giver: defaultdict[str, list[str]] = defaultdict(list)
    for id_, giver in changes.gained.items():
        if id_ in newest:
            by_giver[giver].append(id_)
    nothing = {"admin_hold": null(), "admin_held_since": null()}
    for giver, ids in by_giver.items():
        await _store(db, connection_id, ids, {"admin_line": giver, **nothing})
        told |= {id_: replace(marks[id_], admin_line=giver, admin_hold=None) for id_ in ids}
    await _store(db, connection_id, over, {"admin_line": null(), **nothing})
    told |= {id_: replace(marks[id_], admin_line=None, admin_hold=None) for id_ in over}
    await _store(db, connection_id, held, {"admin_hold": Leaving.HELD, "admin_held_since": now})
    told |= {id_: replace(marks[id_], admin_hold=Leaving.HELD) for id_ in held}
    if held:
        LOG.warning("losses_held", connection=connection_id, effect=EFFECT, identities=len(held))
    return told


async def _lock_newest(
    db: AsyncConnection, connection_id: str, marks: Mapping[str, Mark]
) -> frozenset[str]:
    """Lock identities that have the leased version still, and return their ids."""
    statement = (
        select(IDENTITIES.c.id, IDENTITIES.c.version)
        .where(_are(connection_id, marks))
        .order_by(IDENTITIES.c.id)
        .with_for_update()
    )
    rows = (await db.execute(statement)).all()
    return frozenset(id_ for id_, version in rows if version == marks[id_].state.version)


async def _store(
    db: AsyncConnection, connection_id: str, ids: Collection[str], values: Mapping[str, object]
) -> None:
    if ids:
        await db.execute(update(IDENTITIES).where(_are(connection_id, ids)).values(values))


def _are(connection_id: str, ids: Collection[str]) -> ColumnElement[bool]:
    return and_(IDENTITIES.c.connection_id == connection_id, IDENTITIES.c.id.in_(ids))
