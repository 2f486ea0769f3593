"""Which value does a word name? Portals and roles, in any case of letters, or what there is."""

from collections.abc import Sequence
from enum import StrEnum

from api.errors import NotOneOf
from contracts.rules import Portal, Role


def portal_named(text: str) -> Portal:
    """Return a portal by its name."""
    return Portal(one_of("the portal", text.lower(), tuple(Portal)))


def role_named(text: str) -> Role:
    """Return a role by its name."""
    return Role(one_of("the role", text.lower(), tuple(Role)))


def one_of(what: str, text: str, accepted: Sequence[str | StrEnum]) -> str:
    """Return a word that is among those accepted.

    :raises NotOneOf: when it is another; the text of the error lists them.
    """
    if text not in accepted:
        raise NotOneOf(what, text, accepted)
    return text
