"""When does a token open its connection? While it is not revoked and the connection is served.

Every statement that checks a token has this condition, be it for a look or for a write.
"""

from sqlalchemy import ColumnElement, FromClause, and_

from api.directory.connection_states import serves


def is_valid(tokens: FromClause) -> ColumnElement[bool]:
    """Return the condition that a token is as good as when it was issued."""
    return tokens.c.revoked_at.is_(None)


def opens(tokens: FromClause, connections: FromClause) -> ColumnElement[bool]:
    """Return the condition that a token of the table opens the connection of the other one."""
    return and_(tokens.c.connection_id == connections.c.id, is_valid(tokens), serves(connections))
