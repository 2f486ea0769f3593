"""What are administrators called who did something? Owners may read their tokens' names."""

from collections.abc import Collection, Mapping

from sqlalchemy import select

from api.admin.actors import Actor, Power
from api.admin.admin_tokens import ADMIN_TOKENS, actor_name
from api.admin.administration import Administration


async def names_of_actors(
    it: Administration, reader: Actor, actors: Collection[str | None]
) -> Mapping[str, str]:
    """Return the names of administrators, by their actors in the audit log.

    Only owners are told them, as in the list of administrators. Others read ids.

    :param actors: actors in the audit log; those that are no administrators have no name, and
        neither has None, the actor of an earlier version.
    """
    ids = {id_ for kind, _, id_ in (it.partition(":") for it in actors if it) if kind == "admin"}
    if reader.power < Power.OWN or not ids:
        return {}
    columns = ADMIN_TOKENS.c.id, ADMIN_TOKENS.c.name
    async with it.directory.read() as db:
        rows = await db.execute(select(*columns).where(ADMIN_TOKENS.c.id.in_(sorted(ids))))
        return {actor_name(id_): name for id_, name in rows}
