"""Which decisions of the protocol are ours? The service adds tolerances and limits. No I/O."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import ValidationError
from scim2_models import (
    BaseModel,
    BulkOperation,
    Context,
    Error,
    InvalidPathException,
    InvalidValueException,
    PatchOp,
    Path,
    Resource,
    ResourceType,
    ResponseParameters,
    SCIMException,
    ScimProvider,
    SearchRequest,
)
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target, match
from scim2_server.service import ScimService

from api.scim.protocol.expression_bounds import (
    check_bulk,
    check_condition,
    check_filter,
    check_names,
    check_operations,
)
from api.scim.protocol.ids import ID
from api.scim.protocol.json_values import (
    check_structure,
    check_value,
    json_of,
    operations_of,
    value_of,
)
from api.scim.protocol.limits import MOST_GROUP_VALUES, MOST_USER_VALUES, Limits
from api.scim.protocol.patch_cost import check_effort
from api.scim.protocol.references import is_absolute
from api.scim.protocol.resources import ScimUser, User
from api.scim.protocol.tolerances import (
    tolerate_bulk,
    tolerate_filter,
    tolerate_patch,
    tolerate_resource,
)
from api.scim.protocol.user_size import check_document

MOST_MISTAKES = 100
"""Mistakes in a body that are examined; the answer names the first of them."""

USERS_ENDPOINT = "Users"
PLACES = {"/Users", "/Groups"}
"""The paths below which users and groups have their ids."""

USER_BODIES = {ScimUser, PatchOp[ScimUser]}
"""The models of bodies for users."""

ModelT = TypeVar("ModelT", bound=BaseModel)


class TolerantScimService(ScimService):
    """The library's service with tolerances for providers, and with limits, without I/O.

    :param secret: the key that seals cursors, the same in every process.
    """

    def __init__(self, provider: ScimProvider, limits: Limits, *, secret: str | bytes) -> None:
        super().__init__(provider, secret=secret)
        self.limits = limits

    # --- reading ------------------------------------------------------------------------------

    @staticmethod
    def match(request: ScimRequest) -> Target:
        """Return the endpoint and the operation of a request; the cache serves repeated calls."""
        return _matched(request.method.upper(), request.path)

    def max_body_size(self, request: ScimRequest) -> int:
        """Return the largest body of a request, in bytes; 0 if the request fails in any case."""
        most = super().max_body_size(request)
        if most is not None:
            return min(most, self.limits.body_bytes)
        target = self.match(request)
        if target.operation is Operation.search_with_body:
            return self.limits.search_bytes
        return (
            self.limits.user_bytes if target.endpoint == USERS_ENDPOINT else self.limits.body_bytes
        )

    def decode_body(
        self, body: bytes, content_type: str | None, most_values: int = MOST_GROUP_VALUES
    ) -> Any:
        decoded = self.decode_unchecked(body, content_type, most_values)
        check_value(decoded, self.limits.value_characters)
        return decoded

    def decode_unchecked(
        self, body: bytes, content_type: str | None, most_values: int = MOST_USER_VALUES
    ) -> Any:
        """Return the JSON value of a body, whose texts and names are not checked yet."""
        self.ensure_json(content_type)
        check_structure(body, most_values)
        return json_of(body)

    def read_body(
        self, model: type[ModelT], body: bytes, content_type: str | None, scim_ctx: Context
    ) -> ModelT:
        most_values = MOST_USER_VALUES if model in USER_BODIES else MOST_GROUP_VALUES
        return self._validated(model, self.decode_body(body, content_type, most_values), scim_ctx)

    def _validated(self, model: type[ModelT], decoded: Any, scim_ctx: Context) -> ModelT:
        tolerated = self._tolerated(decoded, scim_ctx)
        if model in USER_BODIES:
            for value in _values_in(tolerated):
                check_document(value, self.limits.user_characters)
        try:
            return model.model_validate(tolerated, scim_ctx=scim_ctx)
        except ValidationError as error:
            raise _refusal(error) from error

    def _tolerated(self, body: Any, scim_ctx: Context) -> Any:
        match scim_ctx:
            case Context.RESOURCE_PATCH_REQUEST:
                check_operations(operations_of(body), self.limits)
                return tolerate_patch(body)
            case Context.BULK_REQUEST:
                check_bulk(operations_of(body), self.limits)
                return tolerate_bulk(body)
            case _:
                return tolerate_resource(body)

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        """Read a PATCH, whose paths have to be known, though unknown attributes are ignored."""
        patch = super().read_patch(resource_type, body, content_type)
        self.check_paths(resource_type, patch)
        return patch

    def read_decoded_user(self, decoded: Any, scim_ctx: Context) -> ScimUser:
        """Read a user from the decoded body of a POST or PUT that is not checked yet."""
        check_value(decoded, self.limits.value_characters)
        return self._validated(ScimUser, decoded, scim_ctx)

    def read_decoded_patch(self, resource_type: ResourceType, decoded: Any) -> "PatchOp[Any]":
        """Read a PATCH from its decoded body."""
        self.ensure_patch_supported()
        model: type[PatchOp[Any]] = PatchOp.__class_getitem__(self.get_model(resource_type))
        patch = self._validated(model, decoded, Context.RESOURCE_PATCH_REQUEST)
        self.check_paths(resource_type, patch)
        return patch

    @staticmethod
    def read_conditions(request: ScimRequest) -> Conditions:
        """Read the headers If-Match and If-None-Match of a request.

        :raises InvalidValueException: when one of them is too long.
        """
        conditions = ScimService.read_conditions(request)
        check_condition("If-Match", conditions.if_match)
        check_condition("If-None-Match", conditions.if_none_match)
        return conditions

    def check_paths(self, resource_type: ResourceType, patch: "PatchOp[Any]") -> None:
        """Check the paths of a PATCH.

        :raises InvalidPathException: when a path names no attribute of the resource type.
        """
        model = self.get_model(resource_type)
        for operation in patch.operations or ():
            path = Path.__class_getitem__(model)(operation.path or "")
            if path.model is None and path.resolve() is None:
                raise InvalidPathException(
                    path=str(path), detail=f"'{path}' is not an attribute of the schema"
                )

    def read_response_parameters(
        self, resource_type: ResourceType, query: Mapping[str, str]
    ) -> ResponseParameters[Any]:
        check_names(dict(query))
        return super().read_response_parameters(resource_type, query)

    def check_bulk_operation(
        self, resource_type: ResourceType | None, operation: BulkOperation[Resource[Any]]
    ) -> ResourceType:
        """Check an operation of a bulk request as if it were a request of its own.

        :raises SCIMException: when reading it has found an error, or a path is unknown.
        """
        if isinstance(operation.response, Error):
            raise SCIMException.from_error(operation.response)
        assert resource_type is not None, "an operation without a path was refused"
        if isinstance(operation.data, PatchOp):
            self.check_paths(resource_type, operation.data)
        return resource_type

    def read_search(
        self, resource_types: list[ResourceType], payload: Any
    ) -> tuple[SearchRequest[Any], Any]:
        if isinstance(payload, dict) and isinstance(payload.get("filter"), str):
            payload = payload | {"filter": _read_filter(payload["filter"])}
        check_value(payload, self.limits.value_characters)
        check_names(payload)
        return super().read_search(resource_types, payload)

    # --- applying -----------------------------------------------------------------------------

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """Apply a PUT; a user that is sent without ``active`` keeps the stored value."""
        _keep_active(current, replacement)
        return super().apply_replacement(current, replacement, conditions)

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        """Apply a PATCH; errors of validation become SCIM errors for the client."""
        if isinstance(current, User):
            check_effort(current, patch_op)
        try:
            return super().apply_patch(current, patch_op, conditions)
        except ValidationError as error:
            raise _refusal(error) from error
        except InvalidValueException as error:
            if isinstance(error.__cause__, ValidationError):  # its text is not for clients
                raise _refusal(error.__cause__) from error
            raise

    # --- answering ----------------------------------------------------------------------------

    def creation_response_with(
        self,
        base_url: str,
        created: Resource[Any],
        response_parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """Return the 201 response to a creation that asks for some attributes only."""
        whole = self.creation_response(base_url, created)
        shaped = self.resource_response(
            self.publish(base_url, created),
            Context.RESOURCE_CREATION_RESPONSE,
            response_parameters,
            HTTPStatus.CREATED,
        )
        return ScimResponse(HTTPStatus.CREATED, shaped.body, whole.headers)

    def reference_location(self, base_url: str, reference: str) -> str:
        """Return the URL of a reference; an absolute one is returned unchanged."""
        return reference if is_absolute(reference) else f"{base_url}/{reference}"

    def patch_response(
        self,
        base_url: str,
        resource: Resource[Any],
        response_parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """Return the answer to a PATCH; a group with its many members is shown only on request."""
        if isinstance(resource, User):
            return self.replacement_response(base_url, resource, response_parameters)
        return super().patch_response(base_url, resource, response_parameters)


@lru_cache(maxsize=1_000)
def _matched(method: str, path: str) -> Target:
    """Return the target of a request; one for a user or a group is found without trying all routes.

    Most ids come only once, past the cache: 3 microseconds of the processor in place of 11,
    measured in turn.
    """
    place, _, id_ = path.rpartition("/")
    if place in PLACES and ID.fullmatch(id_):
        return replace(_matched(method, f"{place}/id"), resource_id=id_)
    return match(method, path)


def _refusal(error: ValidationError) -> SCIMException:
    """Return the error for an invalid body; a list of many mistakes could take over a GiB."""
    if error.error_count() > MOST_MISTAKES:
        return InvalidValueException(detail=f"The body holds over {MOST_MISTAKES} mistakes")
    return SCIMException.from_error(Error.from_validation_errors(error)[0])


def _values_in(body: Any) -> list[Any]:
    """Return the values that would become a user: a PATCH's values, or the body itself."""
    operations = operations_of(body)
    return [value_of(operation, "value") for operation in operations] if operations else [body]


def _read_filter(text: str) -> str:
    check_filter(text)
    return tolerate_filter(text)


def _keep_active(before: Resource[Any], after: Resource[Any]) -> None:
    if isinstance(before, User) and isinstance(after, User) and after.active is None:
        after.active = before.active
