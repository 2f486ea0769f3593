"""How is an answer read by people? Facts and the deeds of a provider are told in words. Pure.

Commands and pages tell the steps of administrators each in their own way.
"""

from collections.abc import Callable, Mapping
from typing import Any

from api.admin.why.answers import Do

To = Mapping[str, Any]
"""The names of a step's objects."""

Quoted = Callable[[str], str]


def words(name: str) -> str:
    """Return the name of a fact as it is read."""
    return name.replace("_", " ")


def shown(value: Any) -> str:
    """Return the value of a fact as it is read."""
    match value:
        case None | "" | []:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(map(shown, value))
        case Mapping():
            return " ".join(f"{words(name)} {shown(it)}" for name, it in value.items())
        case _:
            return str(value)


def _join(to: To, quoted: Quoted) -> str:
    return f"adds the user to the group {quoted(to['group'])}"


def _leave(to: To, quoted: Quoted) -> str:
    groups = [f"the group {quoted(name)}" for name in to.get("groups", ())]
    roles = [f"the SCIM role {quoted(name)}" for name in to.get("roles", ())]
    return f"takes {' and '.join([*groups, *roles])} from the user"


def _text(text: str) -> Callable[[To, Quoted], str]:
    return lambda to, _: text.format(**to)


DEEDS: Mapping[Do, Callable[[To, Quoted], str]] = {
    Do.CREATE_USER: _text("creates the user anew"),
    Do.ACTIVATE: _text("activates the user"),
    Do.DEACTIVATE: _text("deactivates the user"),
    Do.DELETE_USER: _text("of {connection} deletes the user {identity}"),
    Do.CHANGE_EMAIL: _text("sends an e-mail that no other account has"),
    Do.JOIN_GROUP: _join,
    Do.LEAVE_GROUPS: _leave,
}
"""The words for the provider's steps; a test holds them to be complete."""


def deed(do: Do, to: To, quoted: Quoted = repr) -> str:
    """Return a step that is made at the provider, as a sentence without its full stop.

    :param quoted: puts names into quotation marks.
    """
    return f"the provider {DEEDS[do](to, quoted)}"
