"""Which requests does HTTP itself refuse? These errors are added to the tree of ``api.errors``."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.errors import ApiError


@dataclass(frozen=True, slots=True)
class WrongField:
    """A field that a request has wrong: where it is, and what it takes. No value is quoted."""

    field: str
    detail: str


class Unauthenticated(ApiError):
    """The request carries no token of an administrator that is live."""

    code, status, field = "unauthenticated", 401, "Authorization"

    def __init__(self) -> None:
        super().__init__(
            "send a live token of an administrator in a header: Authorization: Bearer TOKEN"
        )


class UnknownPath(ApiError):
    """No route has the path of the request."""

    code, status = "unknown_path", 404

    def __init__(self) -> None:
        super().__init__("there is nothing at this path")


class MethodNotAllowed(ApiError):
    """The path has routes, of other methods."""

    code, status = "method_not_allowed", 405

    def __init__(self, allowed: str) -> None:
        super().__init__(f"this path takes {allowed}")
        self.allowed = allowed


class UnreadableBody(ApiError):
    """The body is no JSON."""

    code, field = "unreadable_body", "body"

    def __init__(self) -> None:
        super().__init__("the body is no JSON that is announced as Content-Type: application/json")


class InvalidRequest(ApiError):
    """Fields of the request are missing, unknown or of another form."""

    code, status = "invalid_request", 422

    def __init__(self, wrong: Sequence[WrongField]) -> None:
        super().__init__("; ".join(f"{it.field}: {it.detail}" for it in wrong))
        self.wrong = wrong


class UnusableValue(ApiError):
    """A value has characters, or a size, that no database stores."""

    code = "unusable_value"

    def __init__(self) -> None:
        super().__init__("a value has characters that cannot be stored, such as NUL")


class BodyTooLarge(ApiError):
    """The body is larger than any that administrators need."""

    code, status, field = "body_too_large", 413, "body"

    def __init__(self, most: int) -> None:
        super().__init__(f"the body is larger than {most} bytes")


class BodyTooSlow(ApiError):
    """The body did not arrive in time."""

    code, status, field = "body_too_slow", 408, "body"

    def __init__(self) -> None:
        super().__init__("the body did not arrive in time")


class TargetTooLong(ApiError):
    """The path with its query is longer than any that administrators need."""

    code, status = "target_too_long", 414

    def __init__(self) -> None:
        super().__init__("the path with its query is too long")


class UnusableCursor(ApiError):
    """The cursor was not made for this list, these filters and this token."""

    code, field = "unusable_cursor", "cursor"

    def __init__(self) -> None:
        super().__init__("the cursor is not one of this list, with these filters and this token")


class UnusableKey(ApiError):
    """The idempotency key has a form that is not taken."""

    code, field = "unusable_key", "Idempotency-Key"

    def __init__(self, longest: int) -> None:
        super().__init__(f"an Idempotency-Key has 1 to {longest} visible ASCII characters")


class KeyOfAnotherRequest(ApiError):
    """The idempotency key has come with another request before."""

    code, status, field = "key_of_another_request", 422, "Idempotency-Key"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key has come with another request, or another token")


class RequestInProgress(ApiError):
    """The first request with this idempotency key is not answered yet."""

    code, status, field = "request_in_progress", 409, "Idempotency-Key"

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key is not answered yet")


class ServerBusy(ApiError):
    """A database is away, or other transactions were in the way."""

    code, status = "server_busy", 503
    seconds = 5

    def __init__(self) -> None:
        super().__init__("a database cannot answer just now")


class UnexpectedError(ApiError):
    """Muster has not foreseen what happened. The log knows it by the correlation id."""

    code, status = "unexpected_error", 500

    def __init__(self) -> None:
        super().__init__("something went wrong that Muster has not foreseen")
