"""How is the body of a POST or PUT of a user read? A model reads it, unless it is plain."""

from typing import Any

from scim2_models import Context
from scim2_server.requests import ScimRequest

from api.scim.protocol.plain_users import plain_user
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.users.states import UserState, first_plain_state, first_state


def read_creation(service: TolerantScimService, request: ScimRequest) -> UserState:
    """Return the first state of the user that a body creates.

    :raises SCIMException: when the body is no user, or a too large one.
    """
    user = _read(service, request, Context.RESOURCE_CREATION_REQUEST)
    if isinstance(user, dict):
        return first_plain_state(user)
    return first_state(user, service.limits.user_characters)


def read_replacement(
    service: TolerantScimService, request: ScimRequest
) -> dict[str, Any] | ScimUser:
    """Return the user that replaces a stored one: its canonical JSON where it is plain.

    :raises SCIMException: when the body is no user.
    """
    return _read(service, request, Context.RESOURCE_REPLACEMENT_REQUEST)


def _read(
    service: TolerantScimService, request: ScimRequest, scim_ctx: Context
) -> dict[str, Any] | ScimUser:
    decoded = service.decode_unchecked(request.body, request.header("Content-Type"))
    plain = plain_user(request.body, decoded, service.limits)
    return service.read_decoded_user(decoded, scim_ctx) if plain is None else plain
