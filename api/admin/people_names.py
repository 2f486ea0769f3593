"""What are the people on a page called? Their userNames are read at once, by connection and id."""

from collections.abc import Collection, Mapping

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.directory.people import user_names_of


async def names_of_people(
    it: Administration, actor: Actor, workspace: str, people: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """Return the userNames of people of a workspace; the unknown are left out.

    :param people: their connections and ids, at most as many as a page shows.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    reached = {each.id for each in await list_connections(it, actor, workspace)}
    async with it.directory.read() as db:
        return await user_names_of(db, {person for person in people if person[0] in reached})
