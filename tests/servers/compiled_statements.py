"""How do the engines of a run compile a statement once? Those of servers alike share what is kept.

A test opens engines of its own, and a process of Muster compiles each statement once for each of
its engines. Where tests open thousands, that was more than half of what the processor did for them.
"""

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

MOST = 5_000
"""The number of statements that are kept, with what fuzzed searches leave."""


def share_compiled_statements() -> None:
    """Let all engines of this process share their compiled statements.

    The library keeps them by dialect, statement and columns. It takes each dialect for another one:
    here those of one driver and one version of the server are the same.
    """
    kept: LRUCache[object, object] = LRUCache(MOST)

    def is_alike(one: DefaultDialect, other: object) -> bool:
        if not isinstance(other, DefaultDialect):
            return False
        return (type(one), one.server_version_info) == (type(other), other.server_version_info)

    def hash_of(dialect: DefaultDialect) -> int:
        return hash(type(dialect))

    def use_kept(connection: Connection) -> None:
        connection.execution_options(compiled_cache=kept)

    DefaultDialect.__eq__ = is_alike  # type: ignore[method-assign, assignment]
    DefaultDialect.__hash__ = hash_of  # type: ignore[method-assign, assignment]
    event.listen(Engine, "engine_connect", use_kept)
