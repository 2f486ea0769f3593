"""Which groups and roles can a mapping name? Those that a connection has pushed are shown.

A group is mapped by its name, or by its id, which stays when the group gets another name. A SCIM
role is mapped by its value.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import String, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse
from api.admin.rule_choices import RuleChoices
from api.admin.scope import connection_for
from api.directory.tables import GroupRow, Identity
from api.errors import UnknownGroup
from contracts.downstream.pages import Key, Page
from contracts.names import name_key, trimmed
from contracts.rules import DashboardRules, Role, Rules

MOST_ROLES = 10_000
"""Different sets of roles that are looked at. Providers push a handful."""

KEYS_PER_STATEMENT = 1_000
"""Names that one statement looks for; databases bound its parameters."""

NOTHING_PUSHED = (
    "names are mapped to roles, but the provider has pushed no group and no role so far:"
    " let it push the groups themselves, beside the people"
)


@dataclass(frozen=True, slots=True)
class SeenGroup:
    """A group that was pushed, and the highest role that it is mapped to, None: to none."""

    id: str
    name: str
    role: Role | None


@dataclass(frozen=True, slots=True)
class SeenRole:
    """A value of the SCIM attribute ``roles`` that was pushed, and the role it is mapped to."""

    value: str
    role: Role | None


async def page_seen_groups(
    it: Administration,
    actor: Actor,
    connection_id: str,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[SeenGroup]:
    """Return a page of the groups that a connection has pushed, by their names.

    :param after: the key with which the page before has ended.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    order = col(GroupRow.display_name_key)
    statement = (
        select(col(GroupRow.id), col(GroupRow.display_name), order)
        .where(col(GroupRow.connection_id) == connection_id)
        .order_by(order)
        .limit(most + 1)
    )
    if after is not None:
        statement = statement.where(order > after[0])
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.VIEW)
        rows = (await db.execute(statement)).all()
    return Page.of([(_seen_group(found.rules, id_, name), (key,)) for id_, name, key in rows], most)


async def names_of_groups(
    it: Administration, actor: Actor, connection_id: str, groups: Sequence[str]
) -> Mapping[str, str]:
    """Return the names of some groups of a connection by their ids; unknown ones are left out.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    wanted, found = sorted(set(groups)), dict[str, str]()
    id_, name = col(GroupRow.id), col(GroupRow.display_name)
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        for first in range(0, len(wanted), KEYS_PER_STATEMENT):
            some = id_.in_(wanted[first : first + KEYS_PER_STATEMENT])
            statement = select(id_, name).where(col(GroupRow.connection_id) == connection_id, some)
            found |= {row[0]: row[1] for row in await db.execute(statement)}
    return found


async def list_seen_roles(
    it: Administration, actor: Actor, connection_id: str
) -> Sequence[SeenRole]:
    """Return the values of the SCIM attribute ``roles`` that a connection has pushed, in order.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.VIEW)
        values = await _role_values(db, connection_id, MOST_ROLES)
    return [SeenRole(it, _role(found.rules, [it])) for it in sorted(values)]


async def mapping_warnings(
    it: Administration, actor: Actor, connection_id: str, tried: Rules | None = None
) -> Sequence[str]:
    """Return warnings of a connection's mapping: names that never came, and groups that are gone.

    :param tried: rules that the connection would have; by default, its own are looked at.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.VIEW)
        rules = tried or found.rules
        if not isinstance(rules, DashboardRules) or not (rules.role_map or rules.group_map):
            return []
        of_connection = col(GroupRow.connection_id) == connection_id
        groups = await db.scalars(select(col(GroupRow.id)).where(of_connection).limit(1))
        values = await _role_values(db, connection_id, MOST_ROLES)
        if groups.first() is None and not values:
            return [NOTHING_PUSHED]
        named = [line.name for line in rules.role_map]
        never = await _never_pushed(db, connection_id, named, values)
        gone = await _missing(db, connection_id, [line.group for line in rules.group_map])
    return [
        *(f"no group and no role {name!r} was pushed, which is mapped to a role" for name in never),
        *(f"group {group!r}, which is mapped to a role, is gone" for group in gone),
    ]


async def check_groups(
    db: AsyncConnection, connection: ConnectionInUse, given: RuleChoices
) -> None:
    """Check that groups which are mapped by their ids now, and were not before, have been pushed.

    :raises UnknownGroup: when the connection has no such group.
    """
    rules = connection.rules
    known = {line.group for line in rules.group_map} if isinstance(rules, DashboardRules) else set()
    new = [line.group for line in given.group_map or () if line.group and line.group not in known]
    if await _missing(db, connection.id, new):
        raise UnknownGroup(connection.id)


async def _missing(db: AsyncConnection, connection_id: str, groups: Sequence[str]) -> Sequence[str]:
    """Return those of the ids that no group of a connection has, in their order."""
    if not groups:
        return []
    statement = select(col(GroupRow.id)).where(
        col(GroupRow.connection_id) == connection_id, col(GroupRow.id).in_(groups)
    )
    there = set(await db.scalars(statement))
    return [group for group in groups if group not in there]


async def _never_pushed(
    db: AsyncConnection, connection_id: str, names: Sequence[str], roles: Iterable[str]
) -> Sequence[str]:
    """Return those of the names that no group of a connection and none of its roles has."""
    keys = {name: name_key(name) for name in names}
    there = {name_key(role) for role in roles}
    key = col(GroupRow.display_name_key)
    wanted = sorted(set(keys.values()))
    for first in range(0, len(wanted), KEYS_PER_STATEMENT):
        some = wanted[first : first + KEYS_PER_STATEMENT]
        statement = select(key).where(col(GroupRow.connection_id) == connection_id, key.in_(some))
        there.update(await db.scalars(statement))
    return [name for name in names if keys[name] not in there]


async def _role_values(db: AsyncConnection, connection_id: str, most: int) -> set[str]:
    """Return the values of roles in the different sets of them, of which few are pushed."""
    sets = select(cast(col(Identity.role_names), String)).distinct()
    sets = sets.where(col(Identity.connection_id) == connection_id).limit(most)
    return {value for text in await db.scalars(sets) for value in _trimmed(json.loads(text))}


def _trimmed(values: Iterable[str]) -> Iterable[str]:
    return filter(None, map(trimmed, values))


def _seen_group(rules: Rules, id_: str, name: str) -> SeenGroup:
    return SeenGroup(id_, name, mapped_role(rules, id_, name))


def mapped_role(rules: Rules, id_: str, name: str) -> Role | None:
    """Return the highest role that a group is mapped to, by its name or by its id. Pure."""
    by_name = _role(rules, [name])
    roles = [] if by_name is None else [by_name]
    if isinstance(rules, DashboardRules):
        roles += [line.role for line in rules.group_map if line.group == id_]
    return Role.highest(roles)


def _role(rules: Rules, names: Sequence[str]) -> Role | None:
    """Return the highest role that names are mapped to."""
    if not isinstance(rules, DashboardRules):
        return None
    return Role.highest(line.role for line in rules.lines_for(names))
