"""Which groups have providers pushed, and who is in each? Both are listed page by page.

The members of a group are never loaded together: databases count them, and pages list them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, list_connections
from api.admin.scope import connection_for
from api.admin.seen_names import mapped_role
from api.admin.workspaces import workspace_named
from api.directory.tables import ApiTable
from api.errors import UnknownConnection, UnknownGroup
from contracts.downstream.pages import Key, Page
from contracts.rules import Portal, Role

TABLES = ApiTable.metadata.tables
GROUPS, MEMBERSHIPS, IDENTITIES = (TABLES[it] for it in ("groups", "memberships", "identities"))

GROUP_TYPE = "Group"
"""The type of members that are groups themselves. The others are people."""


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group with the number of its members, nested groups among them.

    ``role`` is the highest one that the group is mapped to; None: to none.
    """

    connection: str
    portal: Portal
    id: str
    name: str
    members: int
    role: Role | None


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of a group: a person, or a nested group, whose own members are not in this one.

    ``name`` is the userName of a person, or the name of a group; None where it is not known.
    """

    id: str
    is_group: bool
    name: str | None
    display_name: str | None
    email: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group with a page of its members. Times are microseconds since the epoch."""

    connection: ConnectionInUse
    id: str
    name: str
    role: Role | None
    created_at: int
    modified_at: int
    people: int
    groups: int
    members: Page[GroupMember]


async def page_groups(
    it: Administration,
    actor: Actor,
    workspace: str,
    *,
    connection: str | None = None,
    after: Key | None = None,
    most: int = 100,
) -> Page[ListedGroup]:
    """Return a page of the groups of a workspace, by their connections and names.

    :param connection: the only connection whose groups are listed; None: all.
    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    :raises UnknownConnection: when the workspace has no such connection.
    """
    first, last_key = ("", None) if after is None else (str(after[0]), str(after[1]))
    found: list[tuple[ListedGroup, Key]] = []
    for each in await _connections(it, actor, workspace, connection):
        if each.id < first:
            continue
        start = last_key if each.id == first else None
        async with it.directory.read() as db:
            rows = await _groups_after(db, each.id, start, most + 1 - len(found))
            members = await _count_members(db, each.id, [row["id"] for row in rows])
        found += ((_listed(each, row, members), (each.id, row["display_name_key"])) for row in rows)
        if len(found) > most:
            break
    return Page.of(found, most)


async def show_group(
    it: Administration,
    actor: Actor,
    connection_id: str,
    group: str,
    *,
    after: Key | None = None,
    most: int = 100,
) -> ShownGroup:
    """Return a group with a page of its members, in the order of their ids.

    :param group: the id of the group.
    :param after: the key with which the page of members before has ended.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises UnknownGroup: when the connection has no group with this id.
    """
    of_group = GROUPS.c.connection_id == connection_id, GROUPS.c.id == group
    columns = (GROUPS.c.display_name, GROUPS.c.created_at, GROUPS.c.modified_at)
    async with it.directory.read() as db:
        connection = await connection_for(db, actor, connection_id, Power.VIEW)
        row = (await db.execute(select(*columns).where(*of_group))).mappings().one_or_none()
        if row is None:
            raise UnknownGroup(connection_id)
        counted = await _count_by_type(db, connection_id, group)
        members = await _members_after(db, connection_id, group, after, most)
    return ShownGroup(
        connection=connection,
        id=group,
        name=row["display_name"],
        role=mapped_role(connection.rules, group, row["display_name"]),
        created_at=row["created_at"],
        modified_at=row["modified_at"],
        people=sum(number for type_, number in counted.items() if type_ != GROUP_TYPE),
        groups=counted.get(GROUP_TYPE, 0),
        members=members,
    )


async def _connections(
    it: Administration, actor: Actor, workspace: str, connection: str | None
) -> Sequence[ConnectionInUse]:
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    every = await list_connections(it, actor, name)
    chosen = [each for each in every if connection in {None, each.id}]
    if connection is not None and not chosen:
        raise UnknownConnection(connection)
    return sorted(chosen, key=lambda each: each.id)


async def _groups_after(
    db: AsyncConnection, connection_id: str, after: str | None, most: int
) -> Sequence[RowMapping]:
    """Return groups of a connection whose names follow a key."""
    order = GROUPS.c.display_name_key
    statement = select(GROUPS.c.id, GROUPS.c.display_name, order)
    statement = statement.where(GROUPS.c.connection_id == connection_id)
    if after is not None:
        statement = statement.where(order > after)
    return (await db.execute(statement.order_by(order).limit(most))).mappings().all()


async def _count_members(
    db: AsyncConnection, connection_id: str, groups: Sequence[str]
) -> dict[str, int]:
    """Return the numbers of members of groups; those without any are missing."""
    if not groups:
        return {}
    of_group = MEMBERSHIPS.c.group_id
    statement = (
        select(of_group, func.count())
        .where(MEMBERSHIPS.c.connection_id == connection_id, of_group.in_(groups))
        .group_by(of_group)
    )
    return {row[0]: row[1] for row in await db.execute(statement)}


async def _count_by_type(db: AsyncConnection, connection_id: str, group: str) -> dict[str, int]:
    type_ = MEMBERSHIPS.c.member_type
    statement = (
        select(type_, func.count())
        .where(MEMBERSHIPS.c.connection_id == connection_id, MEMBERSHIPS.c.group_id == group)
        .group_by(type_)
    )
    return {row[0]: row[1] for row in await db.execute(statement)}


async def _members_after(
    db: AsyncConnection, connection_id: str, group: str, after: Key | None, most: int
) -> Page[GroupMember]:
    member, nested = MEMBERSHIPS.c, GROUPS.alias("nested")
    is_person = (IDENTITIES.c.connection_id == member.connection_id) & (
        IDENTITIES.c.id == member.member_id
    )
    is_nested = (nested.c.connection_id == member.connection_id) & (nested.c.id == member.member_id)
    joined = MEMBERSHIPS.outerjoin(IDENTITIES, is_person).outerjoin(nested, is_nested)
    statement = (
        select(
            *(member.member_id, member.member_type, member.display),
            *(IDENTITIES.c.profile, IDENTITIES.c.active, nested.c.display_name),
        )
        .select_from(joined)
        .where(member.connection_id == connection_id, member.group_id == group)
        .order_by(member.member_id)
        .limit(most + 1)
    )
    if after is not None:
        statement = statement.where(member.member_id > after[0])
    rows = (await db.execute(statement)).mappings().all()
    return Page.of([(_member(row), (row["member_id"],)) for row in rows], most)


def _member(row: RowMapping) -> GroupMember:
    profile: dict[str, Any] = row["profile"] or {}
    is_group = row["member_type"] == GROUP_TYPE
    known = row["display_name"] if is_group else profile.get("user_name")
    return GroupMember(
        id=row["member_id"],
        is_group=is_group,
        name=known or row["display"],
        display_name=profile.get("display_name"),
        email=profile.get("email"),
        active=bool(row["active"]),
    )


def _listed(connection: ConnectionInUse, row: RowMapping, members: dict[str, int]) -> ListedGroup:
    return ListedGroup(
        connection=connection.id,
        portal=connection.portal,
        id=row["id"],
        name=row["display_name"],
        members=members.get(row["id"], 0),
        role=mapped_role(connection.rules, row["id"], row["display_name"]),
    )
