"""In which steps is a request for users served? Those of the library; statements are shared.

The library loads a user as a model, changes it, stores it, and makes a model of what was stored to
answer. Here what is stored is shown, and requests that come at once are stored together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from scim2_models import ListResponse, PatchOp, ResourceType, ResponseParameters, SearchRequest
from scim2_models.path import AttrPath, CompareOperator, Comparison
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.directory.stored_users import StoredUser
from api.scim.ids import ID
from api.scim.pages import Page
from api.scim.resources import ScimUser
from api.scim.rows import entity_tag, user_of
from api.scim.service import MusterService
from api.scim.shared_users import SharedUsers
from api.scim.storage import DirectoryStorage
from api.scim.user_answers import UserAnswers
from api.scim.user_writes import Apply, Change, Creation, not_found
from api.scim.users import get_users
from contracts.names import comparison_key

LIST_SCHEMA = str(ListResponse[ScimUser].__schema__)
WHOLE = ResponseParameters[ScimUser]()


@dataclass(frozen=True, slots=True)
class UserRequests:
    """Serves the requests for users of one connection."""

    service: MusterService
    storage: DirectoryStorage
    users: SharedUsers

    # --- requests -----------------------------------------------------------------------------

    async def create(self, request: ScimRequest, type_: ResourceType) -> ScimResponse:
        """Create a user."""
        parameters = self.service.read_response_parameters(type_, request.query)
        read = self.service.read_creation(type_, request.body, request.header("Content-Type"))
        created = await self.users.write(
            Creation(self.storage.connection, self.storage.trace, cast("ScimUser", read))
        )
        return self._answers(request).one(created, parameters, HTTPStatus.CREATED)

    async def query(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Read a user."""
        parameters = self.service.read_response_parameters(type_, request.query)
        conditions = self.service.read_conditions(request)
        user = None
        if ID.fullmatch(id_):
            user = await self.users.by_id(self.storage.connection.id, id_)
        if user is None:
            raise not_found(id_)
        version = entity_tag(user.revision)
        if not conditions.check(version, "GET"):
            return ScimResponse(HTTPStatus.NOT_MODIFIED, None, {"ETag": version})
        return self._answers(request).one(user, parameters)

    async def replace(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Replace a user."""
        parameters = self.service.read_response_parameters(type_, request.query)
        read = self.service.read_replacement(type_, request.body, request.header("Content-Type"))
        conditions = self.service.read_conditions(request)
        user = await self._replace(id_, cast("ScimUser", read), conditions)
        return self._answers(request).one(user, parameters)

    async def patch(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Modify a user, and show it."""
        parameters = self.service.read_response_parameters(type_, request.query)
        content_type = request.header("Content-Type")
        conditions = self.service.read_conditions(request)
        active = self.service.read_activity(request.body, content_type)
        if active is None:
            patch_op = self.service.read_patch(type_, request.body, content_type)
            user = await self._patch(id_, patch_op, conditions)
        else:
            user = await self._set_active(id_, conditions, active=active)
        return self._answers(request).one(user, parameters)

    async def look_up(self, request: ScimRequest, user_name: str) -> ScimResponse:
        """Search for a userName and nothing else."""
        key = comparison_key(user_name)
        user = await self.users.by_user_name(self.storage.connection.id, key)
        found = [] if user is None else [user]
        page = {
            "schemas": [LIST_SCHEMA],
            "totalResults": len(found),
            "startIndex": 1,
            "itemsPerPage": len(found),
            "Resources": [],
        }
        return ScimResponse(HTTPStatus.OK, self._answers(request).many(page, found, WHOLE))

    async def search(
        self,
        request: ScimRequest,
        types: list[ResourceType],
        wanted: SearchRequest[Any],
        position: Any,
    ) -> ScimResponse:
        """Search users."""
        page, users = await self._found(types, wanted, position)
        empty = page.as_search_page([])
        answer = self.service.search_response(request.base_url, types, empty, wanted)
        body = self._answers(request).many(answer.body or {}, users, wanted)
        return ScimResponse(answer.status, body, answer.headers)

    # --- writing ------------------------------------------------------------------------------

    async def _replace(self, id_: str, replacement: ScimUser, conditions: Conditions) -> StoredUser:
        def apply(stored: StoredUser) -> ScimUser | None:
            with self.service.provider:
                sent = replacement.model_copy(deep=True)  # it may be applied again
                replaced = self.service.apply_replacement(user_of(stored), sent, conditions)
                return cast("ScimUser | None", replaced)

        return await self._change(id_, apply)

    async def _patch(
        self, id_: str, patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> StoredUser:
        def apply(stored: StoredUser) -> ScimUser | None:
            with self.service.provider:
                patched = self.service.apply_patch(user_of(stored), patch_op, conditions)
                return cast("ScimUser | None", patched)

        return await self._change(id_, apply)

    async def _set_active(self, id_: str, conditions: Conditions, *, active: bool) -> StoredUser:
        def apply(stored: StoredUser) -> ScimUser | None:
            conditions.check(entity_tag(stored.revision), "PATCH")
            user = user_of(stored)
            return None if user.active is active else user.model_copy(update={"active": active})

        return await self._change(id_, apply)

    async def _change(self, id_: str, apply: Apply) -> StoredUser:
        change = Change(self.storage.connection, self.storage.trace, id_, apply)
        return await self.users.write(change)

    # --- searching ----------------------------------------------------------------------------

    async def _found(
        self, types: list[ResourceType], wanted: SearchRequest[Any], position: Any
    ) -> tuple[Page, Sequence[StoredUser]]:
        """Return a page, and the users on it."""
        user_name = _only_user_name(wanted)
        if user_name is not None:
            key = comparison_key(user_name)
            user = await self.users.by_user_name(self.storage.connection.id, key)
            return (Page(0, []), []) if user is None else (Page(1, []), [user])
        async with self.storage.transaction() as tx:
            if wanted.filter is None and _is_in_order(wanted) and wanted.count:
                start = wanted.start_index_0 or 0
                total, users = await self.users.pages.find(
                    tx.db, tx.connection_id, start, wanted.count, tx.now
                )
                return Page(total, []), users
            page = await self.storage.find(tx, types, wanted, position)
            ids = [id_ for _, id_ in page.found]
            by_id = {user.id: user for user in await get_users(tx, ids)}
            return page, [by_id[id_] for id_ in ids if id_ in by_id]

    def _answers(self, request: ScimRequest) -> UserAnswers:
        return UserAnswers(self.service, request.base_url.rstrip("/"))


def _is_in_order(wanted: SearchRequest[Any]) -> bool:
    """Say whether a page is found by its index in the order of creation."""
    return wanted.cursor is None and wanted.sort_by is None


def _only_user_name(wanted: SearchRequest[Any]) -> str | None:
    """Return the userName that a search looks for, if it looks for nothing else.

    That is what providers ask before everything that they write.
    """
    first = (wanted.start_index or 1) <= 1 and wanted.count != 0
    if wanted.filter is None or not (first and _is_in_order(wanted)):
        return None
    match wanted.filter.ast:
        case Comparison(AttrPath(attr, None, None), CompareOperator.eq, str(value)) if (
            attr.lower() == "username"
        ):
            return value
        case _:
            return None
