"""How is a user shown? The stored JSON is sent as it stands, wherever it need not be read first.

A user is made into a model only where an answer shows a part of it, or where it refers to another
one by a relative URL. Both ways give the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from scim2_models import Context, ResponseParameters
from scim2_server.responses import ScimResponse

from api.scim.protocol.meta import entity_tag
from api.scim.protocol.ready_json import ReadyJson, to_text
from api.scim.protocol.references import location_of
from api.scim.protocol.service import TolerantScimService
from api.scim.users.fast_json import is_ready, json_of_user
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser


@dataclass(frozen=True, slots=True)
class UserAnswers:
    """Shows users below the base URL of their connection."""

    service: TolerantScimService
    base_url: str

    def one(
        self,
        user: StoredUser,
        parameters: ResponseParameters[Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> ScimResponse:
        """Answer with a user."""
        headers = {
            "Content-Location": self.location(user),
            "ETag": entity_tag(user.revision),
        }
        if status is HTTPStatus.CREATED:
            headers["Location"] = headers["Content-Location"]
        # It takes an object of attributes; one that is ready is written in the same place.
        body: Any = self.shown(user, parameters)
        return ScimResponse(status, body, headers)

    def many(
        self, body: dict[str, Any], users: Sequence[StoredUser], parameters: ResponseParameters[Any]
    ) -> dict[str, Any]:
        """Put the users of a page into its list."""
        if not users:
            return body
        resources = [self.shown(user, parameters) for user in users]
        return body | {"itemsPerPage": len(users), "Resources": resources}

    def location(self, user: StoredUser) -> str:
        """Return the URL of a user."""
        return location_of(self.base_url, "User", user.id)

    def size_of(self, users: Sequence[StoredUser], parameters: ResponseParameters[Any]) -> int:
        """Return how many characters of stored users have to be read to show them."""
        return sum(len(it.resource) for it in users if _is_read_first(it, parameters))

    def shown(self, user: StoredUser, parameters: ResponseParameters[Any]) -> ReadyJson:
        """Show a user, as far as the parameters ask for it."""
        if not _is_read_first(user, parameters):
            return ReadyJson(json_of_user(user, self.base_url))
        with self.service.provider:
            shown = self.service.publish(self.base_url, user_of(user)).model_dump(
                scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
            )
        return ReadyJson(to_text(shown))


def _is_read_first(user: StoredUser, parameters: ResponseParameters[Any]) -> bool:
    """Say whether a user has to be made into a model to be shown."""
    asked = parameters.attributes or parameters.excluded_attributes
    return bool(asked) or not is_ready(user)
