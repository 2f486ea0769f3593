"""What can go wrong outside the SCIM protocol? A tree of errors has a class for each failure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from contracts.quotations import quoted_ids, quoted_name, quoted_word


class ApiError(Exception):
    """An administrator or operator has made a request that cannot be met; the text is for them.

    ``code`` names the error to programs, ``status`` is that of HTTP, and ``field`` the name of the
    value that is to be changed, where there is a single one.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    field: str | None = None


class NotAllowed(ApiError):
    """The actor reaches the object, and has too little power over it."""

    code, status = "not_allowed", 403

    def __init__(self, power: str) -> None:
        super().__init__(f"this takes somebody who may {power}")


class UnknownWorkspace(ApiError):
    """No workspace has this name, or the actor does not reach it."""

    code, status, field = "unknown_workspace", 404, "workspace"

    def __init__(self, workspace: str) -> None:
        super().__init__(f"there is no workspace {quoted_name(workspace)}")


class NewWorkspace(UnknownWorkspace):
    """A change would make a workspace beside others, which takes a demand of its own."""

    code, status = "new_workspace", 409


class AmbiguousWorkspace(ApiError):
    """A name means several workspaces, none of which has exactly this name."""

    code, status, field = "ambiguous_workspace", 409, "workspace"

    def __init__(self, workspace: str, names: Iterable[str]) -> None:
        named = ", ".join(map(quoted_name, names))
        super().__init__(
            f"workspace {quoted_name(workspace)} may be any of {named}: name it exactly"
        )


class UnknownConnection(ApiError):
    """No connection has this id."""

    code, status, field = "unknown_connection", 404, "connection"

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"there is no connection {quoted_word(connection_id)}")


class ConnectionCloses(ApiError):
    """The connection is being deleted, and changes its state no more."""

    code, status = "connection_closes", 409

    def __init__(self) -> None:
        super().__init__("the connection is being deleted")


class ConnectionChanged(ApiError):
    """Rules or brake of the connection are not those any more that a change was based on."""

    code, status = "connection_changed", 409

    def __init__(self) -> None:
        super().__init__("the rules or the brake of the connection were changed meanwhile")


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
            f"connection {quoted_word(connection_id)} has no token with this id, which is"
            " 12 hexadecimal digits of its list of tokens"
        )


class TooManyTokens(ApiError):
    """As many tokens of the connection live as may."""

    code, status = "too_many_tokens", 409

    def __init__(self, connection_id: str, most: int) -> None:
        super().__init__(
            f"connection {quoted_word(connection_id)} has {most} live tokens, and may have"
            " no more: revoke one"
        )


class UnusableTokenName(ApiError):
    """The name of a new token is blank, too long or not printable."""

    code, field = "unusable_token_name", "name"

    def __init__(self, longest: int) -> None:
        super().__init__(f"the name of a token has 1 to {longest} visible characters in one line")


class UnusableSetupLink(ApiError):
    """The set-up link is unknown, or was used, has expired or was revoked."""

    code, status, field = "unusable_setup_link", 404, "link"

    def __init__(self) -> None:
        super().__init__("this set-up link is unknown, was used before, or has ended")


class ExpiresTooEarly(ApiError):
    """A new token would have expired already."""

    code, field = "expires_too_early", "expires_at"

    def __init__(self) -> None:
        super().__init__("the token would have expired already: name a time to come")


class UnknownAdmin(ApiError):
    """No administrator has this id. The text never quotes it: it may be a token."""

    code, status, field = "unknown_admin", 404, "admin"

    def __init__(self) -> None:
        super().__init__(
            "there is no administrator with this id, which is 12 hexadecimal digits of the list of"
            " administrators"
        )


class UnknownIdentity(ApiError):
    """The connection has no identity with this id. The text never quotes it: it may be a name."""

    code, status, field = "unknown_identity", 404, "identity"

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"connection {quoted_word(connection_id)} has no identity with this id")


class UnknownPerson(ApiError):
    """The connection has no person of this name. The text never quotes it: it may be personal.

    :param place: the place of the name among those that were given.
    """

    code, status, field = "unknown_person", 404, "person"

    def __init__(self, connection_id: str, place: int = 1, names: int = 1) -> None:
        which = "this" if names == 1 else f"name {place} of {names} as"
        super().__init__(
            f"connection {quoted_word(connection_id)} has nobody with {which} id, userName,"
            " e-mail or externalId"
        )


class AmbiguousPerson(ApiError):
    """A name means several people of the connection. The text tells their ids."""

    code, status, field = "ambiguous_person", 409, "person"

    def __init__(self, connection_id: str, ids: Sequence[str], people: int) -> None:
        more = f" and {people - len(ids)} more" if people > len(ids) else ""
        super().__init__(
            f"connection {quoted_word(connection_id)} has {people} people of this name:"
            f" give the id of one of them: {', '.join(ids)}{more}"
        )


class NotLocked(ApiError):
    """A person is to be unlocked whom no administrator has locked, or no longer."""

    code, status, field = "not_locked", 409, "person"

    def __init__(self, connection_id: str, identity_id: str) -> None:
        super().__init__(
            f"identity {quoted_word(identity_id)} of connection {quoted_word(connection_id)} is"
            " not locked: whether the person is active is the provider's word"
        )


class UnusableWorkspaceName(ApiError):
    """No connection id can be derived from the name."""

    code, field = "unusable_workspace_name", "workspace"

    def __init__(self, workspace: str) -> None:
        super().__init__(
            f"workspace {quoted_name(workspace)} gives no id: it needs 1 to 50 letters or digits"
        )


class RulesOfAnotherPortal(ApiError):
    """The rules do not fit the portal of the connection, which never changes."""

    code, status = "rules_of_another_portal", 409

    def __init__(self, connection_id: str, portal: str, other: str) -> None:
        super().__init__(
            f"connection {quoted_word(connection_id)} is one of {portal}, the rules are of {other}"
        )


class UnknownPolicy(ApiError):
    """Rules name a policy that their workspace does not have."""

    code, field = "unknown_policy", "policy"

    def __init__(self, workspace: str, policy: str) -> None:
        super().__init__(f"workspace {quoted_name(workspace)} has no policy {quoted_name(policy)}")


class UnusableBrake(ApiError):
    """A text is no brake."""

    code, field = "unusable_brake", "brake"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"a brake is off, or a number of people and a share in percent, as 50:10,"
            f" not {quoted_word(text)}"
        )


class NotHeld(ApiError):
    """Losses of identities are to be approved or rejected, and are not held."""

    code, status, field = "not_held", 409, "identity"

    def __init__(self, connection_id: str, identities: Iterable[str]) -> None:
        super().__init__(
            f"connection {quoted_word(connection_id)} holds nothing of {quoted_ids(identities)}"
        )


class PolicyNamed(ApiError):
    """A policy cannot be removed while the rules of a connection name it."""

    code, status, field = "policy_named", 409, "policy"

    def __init__(self, policy: str, connection_id: str) -> None:
        super().__init__(
            f"the rules of connection {quoted_word(connection_id)} name policy"
            f" {quoted_name(policy)}: change them first"
        )


class HolderIsActive(ApiError):
    """An account would be taken from an active person, which takes a demand of its own."""

    code, status = "holder_is_active", 409

    def __init__(self) -> None:
        super().__init__("the person who holds the account is active, and would lose it")


class UnknownGroup(ApiError):
    """Rules map the id of a group that the connection has not pushed.

    The text never quotes it: it may be a name.
    """

    code, field = "unknown_group", "group_map"

    def __init__(self, connection_id: str) -> None:
        super().__init__(f"connection {quoted_word(connection_id)} has no group with this id")


class UnknownLeavers(ApiError):
    """An identity that is to be brought back has not left downstream, or the directory knows it."""

    code, field = "unknown_leavers", "identity"

    def __init__(self, identities: Iterable[str]) -> None:
        super().__init__(
            f"{quoted_ids(identities)}: nobody who left downstream unknown to the directory"
        )


class NotOneOf(ApiError):
    """A word names no value that is accepted."""

    code = "not_one_of"

    def __init__(self, what: str, text: str, accepted: Iterable[str]) -> None:
        super().__init__(f"{what} is one of {', '.join(accepted)}, not {quoted_word(text)}")


class NothingToChange(ApiError):
    """A change of a connection names neither a choice of rules nor a brake."""

    code = "nothing_to_change"

    def __init__(self) -> None:
        super().__init__("nothing to change")


class NothingToPreview(ApiError):
    """A preview is asked for without anything that would be done."""

    code = "nothing_to_preview"

    def __init__(self) -> None:
        super().__init__("nothing to preview: name rules, people who leave, or a going live")


@dataclass(frozen=True, slots=True)
class RuleNames:
    """The names of the choices of rules at a user interface; the defaults are fields of JSON."""

    on_create: str = "on_create"
    on_deactivate: str = "on_deactivate"
    role: str = "role"
    policy: str = "policy"
    role_map: str = "role_map"
    group_map: str = "group_map"
    a_policy: str = "a policy"
    a_line: str = "a name and a role in each line"
    a_group_line: str = "the id of a group and a role in each line"


class UnusableRules(ApiError):
    """The choices make no rules.

    :param reason: a format string with a placeholder for each of the ``RuleNames`` that it needs,
        and for each detail.
    :param field: the choice that is to be changed, where there is a single one.
    """

    code = "unusable_rules"

    def __init__(self, reason: str, field: str | None = None, **details: str) -> None:
        self._reason, self._details = reason, details
        self.field = field
        super().__init__(self.told_with(RuleNames()))

    def told_with(self, names: RuleNames) -> str:
        """Return the text in the words of a user interface."""
        return self._reason.format(names=names, **self._details)
