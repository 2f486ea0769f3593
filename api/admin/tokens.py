"""How is a token replaced? A rotation issues another, and revokes earlier ones now or next time."""

from api.access.tokens import issue_token, revoke_tokens
from api.admin.connections import Credentials, find_connection
from api.connection_urls import base_url_of
from api.directory.dialects import DirectoryDatabase


async def rotate_token(
    directory: DirectoryDatabase,
    public_url: str,
    connection_id: str,
    now: int,
    *,
    keep_old: bool = False,
) -> Credentials:
    """Issue a new token of a connection, and return it with the base URL.

    :param keep_old: whether earlier tokens stay valid until the next rotation.
    :raises UnknownConnection: when there is no connection with this id.
    """
    async with directory.write() as db:
        await find_connection(db, connection_id, lock=True)
        if not keep_old:
            await revoke_tokens(db, connection_id, now)
        token = await issue_token(db, connection_id, now)
    return Credentials(connection_id, base_url_of(public_url, connection_id), token)
