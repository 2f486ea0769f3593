"""In which steps is a request for users served? The library's steps share their statements.

The library loads a user as a model, changes it, stores it, and makes a second model to answer. Here
the stored JSON is the answer, and simultaneous requests are stored together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar, cast

from scim2_models import PatchOp, ResourceType, ResponseParameters, SearchRequest
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.storage import SearchPage

from api.fairness.work import PATCH_EFFORT
from api.scim.protocol.fast_paths import LONGEST_PLAIN_PATCH, activity_set
from api.scim.protocol.ids import ID
from api.scim.protocol.json_values import check_value
from api.scim.protocol.meta import entity_tag
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.users.answers import LIST_SCHEMA, WHOLE, UserAnswers
from api.scim.users.batching import BatchedUsers
from api.scim.users.bodies import read_creation, read_replacement
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser
from api.scim.users.states import (
    Decide,
    UserState,
    first_state,
    next_state,
    replaced_state,
    state_with_activity,
)
from api.scim.users.store import delete_user
from api.scim.users.writes import Change, Creation, not_found
from contracts.names import name_key

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class UserRequests:
    """Serves the requests for users of one connection."""

    service: TolerantScimService
    transactions: Transactions
    users: BatchedUsers

    # --- requests -----------------------------------------------------------------------------

    async def create(self, request: ScimRequest, type_: ResourceType) -> ScimResponse:
        """Create a user."""
        parameters = self._parameters(request, type_)
        read = partial(read_creation, self.service, request)
        state = await self._work(read, len(request.body))
        created = await self.users.write(
            Creation(self.transactions.connection, self.transactions.trace, state)
        )
        return await self._answer(request, created, parameters, HTTPStatus.CREATED)

    async def query(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Read a user."""
        parameters = self._parameters(request, type_)
        conditions = self.service.read_conditions(request)
        user = None
        if ID.fullmatch(id_):
            user = await self.users.by_id(self.transactions.connection, id_)
        if user is None:
            raise not_found(id_)
        version = entity_tag(user.revision)
        if not conditions.check(version, "GET"):
            return ScimResponse(HTTPStatus.NOT_MODIFIED, None, {"ETag": version})
        return await self._answer(request, user, parameters)

    async def replace(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Replace a user."""
        parameters = self._parameters(request, type_)
        conditions = self.service.read_conditions(request)
        size = len(request.body)
        replacement = await self._work(partial(read_replacement, self.service, request), size)
        if isinstance(replacement, dict):
            user = await self._replace_plainly(id_, replacement, conditions)
        else:
            user = await self.replace_user(id_, replacement, conditions, size)
        return await self._answer(request, user, parameters)

    async def patch(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Modify a user, and show it."""
        parameters = self._parameters(request, type_)
        conditions = self.service.read_conditions(request)
        user = await self._patched(request, type_, id_, conditions)
        return await self._answer(request, user, parameters)

    async def _patched(
        self, request: ScimRequest, type_: ResourceType, id_: str, conditions: Conditions
    ) -> StoredUser:
        """Modify a user by the body of a PATCH, which is decoded once."""
        body, media = request.body, request.header("Content-Type")
        read = partial(self.service.read_patch, type_, body, media)
        if len(body) <= LONGEST_PLAIN_PATCH:
            decoded = self.service.decode_unchecked(body, media)
            active = activity_set(decoded)
            if active is not None:
                return await self._set_active(id_, conditions, active=active)
            check_value(decoded, self.service.limits.value_characters)
            read = partial(self.service.read_decoded_patch, type_, decoded)
        effort = PATCH_EFFORT * len(body)
        return await self.patch_user(id_, await self._work(read, effort), conditions, effort)

    async def delete(self, id_: str, conditions: Conditions) -> None:
        """Delete a user, in a reserved slot: the request waits only for locks on the rows."""
        async with (
            self.transactions.lock(id_),
            self.transactions.write(urgent=True) as tx,
        ):
            await delete_user(tx, id_, lambda version: conditions.check(version, "DELETE"))

    async def look_up(self, request: ScimRequest, user_name: str) -> ScimResponse:
        """Answer a search whose only parameter is a filter for a userName."""
        found = await self._find_by_user_name(user_name)
        answers = self._answers(request)
        show = partial(answers.found, found)
        return await self._work(show, answers.size_of(found, WHOLE))

    async def answer_page(
        self, request: ScimRequest, start_index: int, total: int, users: Sequence[StoredUser]
    ) -> ScimResponse:
        """Answer a search by index with the whole users of its page."""
        empty = {
            "schemas": [LIST_SCHEMA],
            "totalResults": total,
            "startIndex": start_index,
            "itemsPerPage": 0,
            "Resources": [],
        }
        body = await self._show_in_list(request, empty, users, WHOLE)
        return ScimResponse(HTTPStatus.OK, body)

    async def answer_look_up(
        self,
        request: ScimRequest,
        types: list[ResourceType],
        wanted: SearchRequest[Any],
        user_name: str,
    ) -> ScimResponse:
        """Answer a parsed search for a userName, with its paging and attributes."""
        found = await self._find_by_user_name(user_name)
        empty = SearchPage(len(found), [])
        answer = self.service.search_response(request.base_url, types, empty, wanted)
        body = await self._show_in_list(request, answer.body or {}, found, wanted)
        return ScimResponse(answer.status, body, answer.headers)

    async def _find_by_user_name(self, user_name: str) -> Sequence[StoredUser]:
        key = name_key(user_name)
        user = await self.users.by_user_name(self.transactions.connection, key)
        return [] if user is None else [user]

    # --- writing, for bulk requests too -------------------------------------------------------

    async def create_user(self, user: ScimUser, size: int) -> StoredUser:
        """Create a user.

        :param size: the bytes of the request's body, or of the bulk operation.
        :raises UniquenessException: when the userName is taken.
        """
        first = partial(first_state, user, self.service.limits.user_characters)
        state = await self._work(first, size)
        connection, trace = self.transactions.connection, self.transactions.trace
        return await self.users.write(Creation(connection, trace, state))

    async def replace_user(
        self, id_: str, replacement: ScimUser, conditions: Conditions, size: int
    ) -> StoredUser:
        """Replace a user.

        :param size: the bytes of the request's body, or of the bulk operation.
        """

        def apply(user: ScimUser) -> ScimUser | None:
            sent = replacement.model_copy(deep=True)  # as it may be applied again
            replaced = self.service.apply_replacement(user, sent, conditions)
            return cast("ScimUser | None", replaced)

        return await self._change(id_, apply, size, urgent=replacement.active is False)

    async def patch_user(
        self, id_: str, patch_op: "PatchOp[Any]", conditions: Conditions, effort: int
    ) -> StoredUser:
        """Modify a user.

        :param effort: the work of the PATCH, in bytes of JSON.
        """

        def apply(user: ScimUser) -> ScimUser | None:
            patched = self.service.apply_patch(user, patch_op, conditions)
            return cast("ScimUser | None", patched)

        return await self._change(id_, apply, effort, urgent=_is_about_activity(patch_op))

    async def _set_active(self, id_: str, conditions: Conditions, *, active: bool) -> StoredUser:
        def decide(stored: StoredUser) -> UserState | None:
            conditions.check(entity_tag(stored.revision), "PATCH")
            return state_with_activity(stored, active=active)

        return await self._write(id_, decide, urgent=not active)

    async def _change(
        self,
        id_: str,
        apply: Callable[[ScimUser], ScimUser | None],
        size: int,
        *,
        urgent: bool,
    ) -> StoredUser:
        most_characters = self.service.limits.user_characters

        def decide(stored: StoredUser) -> UserState | None:
            with self.service.provider:
                user = apply(user_of(stored))
                return None if user is None else next_state(user, stored, most_characters)

        return await self._write(id_, decide, size, urgent=urgent)

    async def _write(self, id_: str, decide: Decide, size: int = 0, *, urgent: bool) -> StoredUser:
        connection, trace = self.transactions.connection, self.transactions.trace
        return await self.users.write(Change(connection, trace, id_, decide, size, urgent))

    async def _replace_plainly(
        self, id_: str, replacement: dict[str, Any], conditions: Conditions
    ) -> StoredUser:
        def decide(stored: StoredUser) -> UserState | None:
            conditions.check(entity_tag(stored.revision), "PUT")
            return replaced_state(replacement, stored)

        return await self._write(id_, decide, urgent=replacement.get("active") is False)

    # --- answering ----------------------------------------------------------------------------

    def _parameters(self, request: ScimRequest, type_: ResourceType) -> ResponseParameters[Any]:
        """Return the attributes that a request asks for; most ask for none, and get all."""
        if not request.query:
            return WHOLE
        return self.service.read_response_parameters(type_, request.query)

    async def _answer(
        self,
        request: ScimRequest,
        user: StoredUser,
        parameters: ResponseParameters[Any],
        status: HTTPStatus = HTTPStatus.OK,
    ) -> ScimResponse:
        answers = self._answers(request)
        show = partial(answers.one, user, parameters, status)
        return await self._work(show, answers.size_of([user], parameters))

    async def _show_in_list(
        self,
        request: ScimRequest,
        body: dict[str, Any],
        users: Sequence[StoredUser],
        parameters: ResponseParameters[Any],
    ) -> dict[str, Any]:
        answers = self._answers(request)
        show = partial(answers.many, body, users, parameters)
        return await self._work(show, answers.size_of(users, parameters))

    def _answers(self, request: ScimRequest) -> UserAnswers:
        return UserAnswers(self.service, request.base_url.rstrip("/"))

    async def _work(self, work: Callable[[], ResultT], size: int) -> ResultT:
        return await self.transactions.shares.work.run(self.transactions.owner, work, size)


def _is_about_activity(patch_op: "PatchOp[Any]") -> bool:
    """Return whether a PATCH may deactivate a user."""
    return any(
        "active" in str(it.path or "").lower()
        or (isinstance(it.value, dict) and any(name.lower() == "active" for name in it.value))
        for it in patch_op.operations or ()
    )
