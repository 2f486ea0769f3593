"""Which code has an error of the ingress? The nearest class in this table gives it.

The request log keeps codes, and ``api.requests.remedies`` has a remedy for each.
"""

from collections.abc import Mapping

import scim2_models as models
from scim2_server.errors import MethodNotAllowedException, UnsupportedMediaTypeException

from api.access.bearer import SwitchedOff
from api.requests.answered import RATE_EXCEEDED, Refusal
from api.scim import errors

INTERNAL = "Internal server error"

CODES: Mapping[type[Exception], str] = {
    Exception: "internal_error",
    models.SCIMException: "invalid_request",
    models.UnauthorizedException: "unauthorized",
    SwitchedOff: "connection_off",
    models.ForbiddenException: "forbidden",
    models.NotFoundException: "not_found",
    MethodNotAllowedException: "method_not_allowed",
    errors.BodyTooSlow: "body_too_slow",
    errors.BodyCutShort: "body_cut_short",
    errors.HungUp: "hung_up",
    models.ConflictException: "conflict",
    models.UniquenessException: "uniqueness",
    models.PreconditionFailedException: "precondition_failed",
    models.PayloadTooLargeException: "too_large",
    errors.TargetTooLong: "target_too_long",
    UnsupportedMediaTypeException: "unsupported_media_type",
    errors.TooManyRequests: "too_many_requests",
    errors.RateExceeded: RATE_EXCEEDED,
    errors.TryAgainLater: "try_again_later",
    errors.DirectoryAway: "directory_away",
    errors.SearchTooSlow: "search_too_slow",
    models.InvalidFilterException: "invalid_filter",
    models.TooManyException: "too_many",
    models.MutabilityException: "mutability",
    models.InvalidSyntaxException: "invalid_syntax",
    models.InvalidPathException: "invalid_path",
    models.PathNotFoundException: "path_not_found",
    models.NoTargetException: "no_target",
    models.InvalidValueException: "invalid_value",
    models.InvalidVersionException: "invalid_version",
    models.SensitiveException: "sensitive",
    models.InvalidCursorException: "invalid_cursor",
    models.ExpiredCursorException: "expired_cursor",
    models.InvalidCountException: "invalid_count",
    models.NotImplementedException: "not_implemented",
}


def code_of(kind: type[Exception]) -> str:
    """Return the code of a class of errors."""
    return next(code for it in kind.__mro__ if (code := CODES.get(it)))


def refusal_of(error: Exception) -> Refusal:
    """Return the code and the detail of an error; the text of an unknown error is for no reader."""
    is_known = isinstance(error, models.SCIMException)
    return Refusal(code_of(type(error)), str(error) if is_known else INTERNAL)
