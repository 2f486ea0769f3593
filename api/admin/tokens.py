"""How is a token replaced? A rotation issues another, and revokes earlier ones now or next time."""

from api.access.tokens import issue_token, revoke_tokens
from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import Credentials
from api.admin.scope import connection_for
from api.connection_urls import base_url_of
from api.traces import new_trace


async def rotate_token(
    it: Administration, actor: Actor, connection_id: str, *, keep_old: bool = False
) -> Credentials:
    """Issue a new token of a connection, and return it with the base URL.

    :param keep_old: whether earlier tokens stay valid until the next rotation.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        if not keep_old:
            await revoke_tokens(db, connection_id, now)
        token = await issue_token(db, connection_id, now)
        rotated = {"keep_old": keep_old}
        change = Change("tokens.rotate", found.workspace, connection_id, after=rotated)
        await record(db, actor, change, now, new_trace())
    return Credentials(connection_id, base_url_of(it.public_url, connection_id), token)
