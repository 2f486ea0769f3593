"""Which changes were made? The audit log is read backwards, within what an actor may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import AUDIT, Outcome
from api.admin.scope import connection_for
from api.admin.workspaces import workspace_named


@dataclass(frozen=True, slots=True)
class ListedChange:
    """A row of the audit log. ``at`` is in microseconds since the epoch."""

    number: int
    at: int
    actor: str
    workspace: str | None
    connection: str | None
    action: str
    subject: str | None
    outcome: Outcome
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    correlation_id: str


async def list_changes(
    it: Administration,
    actor: Actor,
    *,
    workspace: str | None = None,
    connection: str | None = None,
    before: int | None = None,
    most: int = 100,
) -> Sequence[ListedChange]:
    """Return the newest changes that an actor may see, the latest first.

    :param before: the number of a change: only earlier ones are returned.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises UnknownConnection: when the actor does not reach the connection.
    :raises NotAllowed: when an actor of one workspace names none.
    """
    if workspace is not None:
        workspace = await workspace_named(it, actor, workspace, Power.VIEW)
    elif connection is None:
        actor.check_installation(Power.VIEW)
    wanted = {AUDIT.c.workspace: workspace, AUDIT.c.connection_id: connection}
    statement = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(most)
    statement = statement.where(*(it == value for it, value in wanted.items() if value is not None))
    if before is not None:
        statement = statement.where(AUDIT.c.number < before)
    async with it.directory.read() as db:
        if connection is not None and actor.workspace is not None:
            await connection_for(db, actor, connection, Power.VIEW)
        return [_listed(row) for row in (await db.execute(statement)).mappings()]


def _listed(row: RowMapping) -> ListedChange:
    return ListedChange(
        number=row["number"],
        at=row["at"],
        actor=row["actor"],
        workspace=row["workspace"],
        connection=row["connection_id"],
        action=row["action"],
        subject=row["subject"],
        outcome=Outcome(row["outcome"]),
        before=row["before"],
        after=row["after"],
        correlation_id=row["correlation_id"],
    )
