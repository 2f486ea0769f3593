"""Which requests of administrators are let in? Each has to carry a live token of an administrator.

Every token is looked up when its request arrives, so that a revoked one ends at once. Digests are
compared in constant time, and a token is found by its id, which is no secret.
"""

from dataclasses import dataclass
from hmac import compare_digest

from api.access.bearer_header import token_in
from api.access.tokens import digest_of
from api.admin.actors import Actor, Power
from api.admin.admin_tokens import actor_with
from api.admin.http.errors import Unauthenticated
from api.directory.dialects import DirectoryDatabase
from contracts.clock import Clock

OPERATOR = Actor("operator", None, Power.OPERATE)
"""The actor with the token of the settings."""


@dataclass(frozen=True, slots=True)
class Access:
    """Finds the actor of a request by its token.

    ``operator`` is the digest of the operator's token; without one, there is no such actor.
    """

    directory: DirectoryDatabase
    clock: Clock
    operator: str | None

    async def actor_of(self, authorization: str) -> tuple[Actor, str]:
        """Return the actor with a token, and the token.

        :param authorization: the header of the request.
        :raises Unauthenticated: when the token is missing, unknown, revoked or expired; the
            answers do not differ.
        """
        token = token_in(authorization)
        actor = await self.actor_by(digest_of(token)) if token else None
        if actor is None:
            raise Unauthenticated
        return actor, token

    async def actor_by(self, digest: str) -> Actor | None:
        """Return the actor whose live token has a digest; None where no token has it."""
        if self.operator is not None and compare_digest(digest, self.operator):
            return OPERATOR
        return await actor_with(self.directory, digest, self.clock())
