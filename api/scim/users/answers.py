"""How is a user shown? An answer holds the stored JSON unchanged, unless it has to be parsed.

A model of a user is made only if the answer shows a part of the user, or if the user refers to
another one by a relative URL. Both ways give the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from scim2_models import Context, ListResponse, ResponseParameters
from scim2_server.responses import ScimResponse

from api.scim.protocol.meta import entity_tag
from api.scim.protocol.ready_json import ReadyJson, to_text
from api.scim.protocol.references import location_of
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.users.fast_json import is_ready, json_of_user
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser

LIST_SCHEMA = str(ListResponse[ScimUser].__schema__)
WHOLE = ResponseParameters[ScimUser]()
"""The parameters of a request that asks for no certain attributes."""


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
        """Return the answer that shows one user (RFC 7644 section 3.4.1)."""
        headers = {
            "Content-Location": self.location(user),
            "ETag": entity_tag(user.revision),
        }
        if status is HTTPStatus.CREATED:
            headers["Location"] = headers["Content-Location"]
        # The library expects an object of attributes here; ready JSON is written in its place.
        body: Any = self.shown(user, parameters)
        return ScimResponse(status, body, headers)

    def found(self, users: Sequence[StoredUser]) -> ScimResponse:
        """Return the answer to a look-up that shows the users it has found as a whole."""
        shown = ",".join(self.shown(user, WHOLE).text for user in users)
        number = len(users)
        body: Any = ReadyJson(
            f'{{"schemas":["{LIST_SCHEMA}"],"totalResults":{number},"startIndex":1,'
            f'"itemsPerPage":{number},"Resources":[{shown}]}}'
        )
        return ScimResponse(HTTPStatus.OK, body)

    def many(
        self, body: dict[str, Any], users: Sequence[StoredUser], parameters: ResponseParameters[Any]
    ) -> dict[str, Any]:
        """Return the body of a list response with the users of its page."""
        if not users:
            return body
        resources = ",".join(self.shown(user, parameters).text for user in users)
        return body | {"itemsPerPage": len(users), "Resources": ReadyJson(f"[{resources}]")}

    def location(self, user: StoredUser) -> str:
        """Return the URL of a user."""
        return location_of(self.base_url, "User", user.id)

    def size_of(self, users: Sequence[StoredUser], parameters: ResponseParameters[Any]) -> int:
        """Return the characters of stored JSON that have to be parsed to show users."""
        return sum(len(it.resource) for it in users if _has_to_be_parsed(it, parameters))

    def shown(self, user: StoredUser, parameters: ResponseParameters[Any]) -> ReadyJson:
        """Return the JSON of a user with the attributes that the parameters ask for."""
        if not _has_to_be_parsed(user, parameters):
            return ReadyJson(json_of_user(user, self.base_url))
        with self.service.provider:
            shown = self.service.publish(self.base_url, user_of(user)).model_dump(
                scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
            )
        return ReadyJson(to_text(shown))


def _has_to_be_parsed(user: StoredUser, parameters: ResponseParameters[Any]) -> bool:
    """Return whether a model of the user has to be made to show it."""
    selected = parameters.attributes or parameters.excluded_attributes
    return bool(selected) or not is_ready(user)
