"""What can go wrong outside the SCIM protocol? A tree of errors has a class for each failure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class ApiError(Exception):
    """An administrator or operator has made a request that cannot be met; the text is for them.

    ``code`` names the error to programs, ``status`` is that of HTTP, and ``field`` the name of the
    value that is to be changed, where there is a single one.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    field: ClassVar[str | None] = None


class NotAllowed(ApiError):
    """The actor reaches the object, and has too little power over it."""

    code, status = "not_allowed", 403

    def __init__(self, power: str) -> None:
        super().__init__(f"this takes somebody who may {power}")


class UnknownWorkspace(ApiError):
    """No workspace has this name, or the actor does not reach it."""

    code, status, field = "unknown_workspace", 404, "workspace"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"there is no workspace {workspace!r}")


class NewWorkspace(UnknownWorkspace):
    """A change would make a workspace beside others, which takes a demand of its own."""

    code, status = "new_workspace", 409


class AmbiguousWorkspace(ApiError):
    """A name means several workspaces, none of which has exactly this name."""

    code, status, field = "ambiguous_workspace", 409, "workspace"

    def __init__(self, workspace: str, names: Iterable[str]) -> None:
        named = ", ".join(map(repr, names))
        super().__init__(f"workspace {workspace!r} may be any of {named}: name it exactly")


class UnknownConnection(ApiError):
    """No connection has this id."""

    code, status, field = "unknown_connection", 404, "connection"

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"there is no connection {connection_id!r}")


class ConnectionCloses(ApiError):
    """The connection is being deleted, and changes its state no more."""

    code, status = "connection_closes", 409

    def __init__(self) -> None:
        super().__init__("the connection is being deleted")


class ConnectionOff(ApiError):
    """The connection is to go live, and is switched off."""

    code, status = "connection_off", 409

    def __init__(self) -> None:
        super().__init__("the connection is switched off: switch it on first")


class UnknownToken(ApiError):
    """The connection has no token with this id. The text never quotes it: it may be a token."""

    code, status, field = "unknown_token", 404, "token"

    def __init__(self, connection_id: str) -> None:
        super().__init__(
            f"connection {connection_id!r} has no token with this id, which is 12 hexadecimal"
            " digits of its list of tokens"
        )


class TooManyTokens(ApiError):
    """As many tokens of the connection live as may."""

    code, status = "too_many_tokens", 409

    def __init__(self, connection_id: str, most: int) -> None:
        super().__init__(
            f"connection {connection_id!r} has {most} live tokens, and may have no more: revoke one"
        )


class UnusableTokenName(ApiError):
    """The name of a new token cannot be shown in a line."""

    code, field = "unusable_token_name", "name"

    def __init__(self, longest: int) -> None:
        super().__init__(f"the name of a token has 1 to {longest} visible characters in one line")


class ExpiresTooEarly(ApiError):
    """A new token would have expired already."""

    code, field = "expires_too_early", "expires_at"

    def __init__(self) -> None:
        super().__init__("the token would have expired already: name a time to come")


class UnknownIdentity(ApiError):
    """The connection has no identity with this id."""

    code, status, field = "unknown_identity", 404, "identity"

    def __init__(self, connection_id: str, identity_id: str) -> None:
        super().__init__(f"connection {connection_id!r} has no identity {identity_id!r}")


class UnusableWorkspaceName(ApiError):
    """No connection id can be derived from the name."""

    code, field = "unusable_workspace_name", "workspace"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"workspace {workspace!r} gives no id: it needs 1 to 50 letters or digits")


class RulesOfAnotherPortal(ApiError):
    """The rules do not fit the portal of the connection, which never changes."""

    code, status = "rules_of_another_portal", 409

    def __init__(self, connection_id: str, portal: str, other: str) -> None:
        super().__init__(
            f"connection {connection_id!r} is one of {portal}, the rules are of {other}"
        )


class UnknownPolicy(ApiError):
    """Rules name a policy that their workspace does not have."""

    code, field = "unknown_policy", "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(f"workspace {workspace!r} has no policy {policy!r}")


class UnknownLeavers(ApiError):
    """An identity that is to be brought back has not left downstream, or the directory knows it."""

    code, field = "unknown_leavers", "identity"

    def __init__(self, identities: Iterable[str]) -> None:
        named = ", ".join(sorted(identities))
        super().__init__(f"{named}: nobody who left downstream unknown to the directory")


class NotOneOf(ApiError):
    """A word names no value that is accepted."""

    code = "not_one_of"

    def __init__(self, what: str, text: str, accepted: Iterable[str]) -> None:
        super().__init__(f"{what} is one of {', '.join(accepted)}, not {text!r}")


class NothingToChange(ApiError):
    """A change of rules names no choice."""

    code = "nothing_to_change"

    def __init__(self) -> None:
        super().__init__("nothing to change")


@dataclass(frozen=True, slots=True)
class RuleNames:
    """The names of the choices of rules at a user interface; the defaults are fields of JSON."""

    on_create: str = "on_create"
    on_deactivate: str = "on_deactivate"
    role: str = "role"
    policy: str = "policy"
    role_map: str = "role_map"
    a_policy: str = "a policy"
    a_line: str = "a name and a role in each line"


class UnusableRules(ApiError):
    """The choices make no rules.

    :param reason: a format string with a placeholder for each of the ``RuleNames`` that it needs,
        and for each detail.
    """

    code, field = "unusable_rules", "rules"

    def __init__(self, reason: str, **details: str) -> None:
        self._reason, self._details = reason, details
        super().__init__(self.told_with(RuleNames()))

    def told_with(self, names: RuleNames) -> str:
        """Return the text in the words of a user interface."""
        return self._reason.format(names=names, **self._details)
