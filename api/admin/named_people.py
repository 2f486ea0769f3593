"""What are people called who are known by their ids? One statement reads the names of many."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, select

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.scope import connection_for
from api.directory.people import user_names_of
from api.directory.tables import ApiTable
from contracts.rules import DEACTIVATION_ACTION, DeactivationAction

IDENTITIES = ApiTable.metadata.tables["identities"]


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """A person by name; an inactive or deleted one has the names from before.

    ``deactivation`` is that of the rules when the provider told of the last leaving.
    """

    identity: str
    name: str
    email: str | None
    deactivation: DeactivationAction | None


async def people_with_ids(
    it: Administration, actor: Actor, connection_id: str, identities: Collection[str]
) -> Mapping[str, NamedPerson]:
    """Return the people of a connection who have some ids, by their ids; unknown ones are left out.

    :param identities: a hundred or so.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    columns = IDENTITIES.c.id, IDENTITIES.c.profile, IDENTITIES.c.deactivation
    statement = select(*columns).where(
        IDENTITIES.c.connection_id == connection_id, IDENTITIES.c.id.in_(set(identities))
    )
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        rows = (await db.execute(statement)).mappings().all() if identities else ()
    return {row["id"]: _named(row) for row in rows}


async def names_of_holders(
    it: Administration, keys: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """Return the userNames of people whose accounts are in the way of others of their workspace.

    :param keys: their connections and ids, which a preview has told; a hundred or so.
    """
    if not keys:
        return {}
    async with it.directory.read() as db:
        return await user_names_of(db, keys)


def _named(row: RowMapping) -> NamedPerson:
    profile: dict[str, Any] = row["profile"]
    names = profile.get("display_name"), profile.get("user_name"), profile.get("email")
    action = row["deactivation"]
    return NamedPerson(
        row["id"],
        next((name for name in names if name), row["id"]),
        profile.get("email"),
        action and DEACTIVATION_ACTION.validate_python(action),
    )
