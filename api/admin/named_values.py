"""Which value does a word name? Portals and roles are found by it, in any case of letters."""

from collections.abc import Sequence
from enum import StrEnum

from api.errors import NotOneOf
from contracts.rules import Portal, Role


def portal_named(text: str) -> Portal:
    """Return a portal by its name.

    :raises NotOneOf: when there is no such portal.
    """
    return Portal(one_of("the portal", text.lower(), tuple(Portal)))


def role_named(text: str) -> Role:
    """Return a role by its name.

    :raises NotOneOf: when there is no such role.
    """
    return Role(one_of("the role", text.lower(), tuple(Role)))


def one_of(what: str, text: str, accepted: Sequence[str | StrEnum]) -> str:
    """Return a word, if it is one of those accepted.

    :param what: the name of the value, for the text of the error.
    :raises NotOneOf: when the word is not accepted; the text lists those that are.
    """
    if text not in accepted:
        raise NotOneOf(what, text, accepted)
    return text
