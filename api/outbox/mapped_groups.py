"""Which names have the groups that rules map by their ids? They are read when events are rendered.

A line of a mapping that names a group by its id concerns the members of the group, whatever its
name is. Events and workers know groups by their names, which are unique in a connection.
"""

from collections.abc import Mapping

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.tables import GroupRow
from contracts.rules import DashboardRules, Rules


async def rules_with_names(
    db: AsyncConnection, rules: Mapping[str, Rules]
) -> Mapping[str, DashboardRules]:
    """Return the rules that map groups by their ids, by connection, with the names of the groups.

    A group that is gone has no name. Without such rules, no statement is run.

    :param rules: the rules of connections, by their ids.
    """
    mapping = {
        connection: each
        for connection, each in rules.items()
        if isinstance(each, DashboardRules) and each.group_map
    }
    if not mapping:
        return {}
    key = col(GroupRow.connection_id), col(GroupRow.id)
    ids = [(it, line.group) for it, each in sorted(mapping.items()) for line in each.group_map]
    statement = select(*key, col(GroupRow.display_name)).where(tuple_(*key).in_(ids))
    names: dict[str, dict[str, str]] = {connection: {} for connection in mapping}
    for connection, group, name in await db.execute(statement):
        names[connection][group] = name
    return {it: each.with_group_names(names[it]) for it, each in mapping.items()}
