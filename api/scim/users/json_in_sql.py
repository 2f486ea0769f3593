"""How are the groups of a user read? The database writes them as JSON, in one column of the user.

This module is written by hand for speed: the column saves a second statement, and a row for each
group. ``tests/integration/api/scim/users/test_json_in_sql.py`` holds it to the groups that were
made.
"""

from collections.abc import Mapping, Sequence

from pydantic_core import from_json
from sqlalchemy import ColumnElement, FromClause, literal, select

from api.directory.dialects import json_text, with_commas
from api.scim.search.attributes import GROUPS, MEMBERSHIPS, USERS


def json_of_groups(user: FromClause = USERS) -> ColumnElement[str | None]:
    """Return the column of a user's groups: JSON objects without brackets, ordered by id.

    Each name is a subquery, because a plan that was made while there were no groups would look for
    them in all groups of the connection.

    :param user: the table that has the ``connection_id`` and the ``id`` of the user.
    """
    name = (
        select(GROUPS.c.display_name)
        .where(
            GROUPS.c.connection_id == MEMBERSHIPS.c.connection_id,
            GROUPS.c.id == MEMBERSHIPS.c.group_id,
        )
        .correlate(MEMBERSHIPS)
        .scalar_subquery()
    )
    json = literal('{"value":"') + MEMBERSHIPS.c.group_id + '","display":' + json_text(name) + "}"
    group = (
        select(MEMBERSHIPS.c.group_id, json.label("json"))
        .where(
            MEMBERSHIPS.c.connection_id == user.c.connection_id,
            MEMBERSHIPS.c.member_id == user.c.id,
        )
        .order_by(MEMBERSHIPS.c.group_id)
        .correlate(user)
        .subquery()
    )
    return select(with_commas(group.c.json, group.c.group_id)).scalar_subquery()


def groups_in(json: str | None) -> Sequence[Mapping[str, str]]:
    """Parse the column of ``json_of_groups`` into objects of ``value`` and ``display``."""
    groups: Sequence[Mapping[str, str]] = from_json(f"[{json}]") if json else ()
    return groups
