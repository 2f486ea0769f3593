"""When does a token open its connection? While it is valid and the connection is served.

Every statement that checks a token has this condition, be it for a look or for a write. Its time is
the parameter ``now``, so that it costs neither a statement more nor a plan for each time.
"""

from sqlalchemy import BigInteger, ColumnElement, FromClause, and_, bindparam, or_

from api.directory.connection_states import serves

NOW = bindparam("now", type_=BigInteger)
"""The time, in microseconds since the epoch, at which a token is checked."""


def is_valid(tokens: FromClause) -> ColumnElement[bool]:
    """Return the condition that a token has neither been revoked nor expired."""
    lasts = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > NOW)
    return and_(tokens.c.revoked_at.is_(None), lasts)


def opens(tokens: FromClause, connections: FromClause) -> ColumnElement[bool]:
    """Return the condition that a token of the table opens the connection of the other one."""
    return and_(tokens.c.connection_id == connections.c.id, is_valid(tokens), serves(connections))
