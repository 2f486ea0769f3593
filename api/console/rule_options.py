"""In which words do the portals offer their rules? Administrators know the words from there. Pure.

A test holds the options to be those of ``contracts.portals``, in the same order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.console import rule_words
from contracts.rules import Portal


@dataclass(frozen=True, slots=True)
class Option:
    """A rule that can be chosen: the word of the program, its name on the portal, its sentence."""

    do: str
    name: str
    told: str


def _joining(do: str, name: str) -> Option:
    return Option(do, name, rule_words.CREATIONS[do])


def _leaving(do: str, name: str) -> Option:
    return Option(do, name, rule_words.deactivation(do))


CREATIONS: Mapping[Portal, Sequence[Option]] = {
    Portal.DASHBOARD: (
        _joining("nothing", "No action"),
        _joining("create-collaborator", "A collaborator is created"),
    ),
    Portal.STORE: (
        _joining("nothing", "No action"),
        _joining("create-employee", "An employee is created"),
    ),
    Portal.MDM: (
        _joining("nothing", "No action"),
        _joining("create-mdm-employee", "An MDM employee is created"),
    ),
}
"""The options for a user who is created at the identity provider."""

DEACTIVATIONS: Mapping[Portal, Sequence[Option]] = {
    Portal.DASHBOARD: (
        _leaving("nothing", "No action"),
        _leaving("remove-collaborator", "The collaborator is removed"),
    ),
    Portal.STORE: (
        _leaving("nothing", "No action"),
        _leaving("remove-employee", "The employee is removed"),
    ),
    Portal.MDM: (
        _leaving("nothing", "Nothing"),
        _leaving("unassign-devices", "Unassign"),
        _leaving("change-policy", "Change policy"),
        _leaving("remove-user", "Remove user"),
        _leaving("remove-user-and-devices", "Remove user and devices"),
    ),
}
"""The options for a user who is deactivated at the identity provider."""

NAMES_OF_RULES: Mapping[tuple[str, str, str], str] = {
    (rule, portal.value, it.do): it.name
    for rule, options in (("on_create", CREATIONS), ("on_deactivate", DEACTIVATIONS))
    for portal, some in options.items()
    for it in some
}
"""The names of all rules, by the setting, the portal and the word of the program."""


def creation_named(portal: Portal, do: str | None) -> Option:
    """Return the option of a creation; that of none, where the portal does not have it."""
    return _named(CREATIONS[portal], do)


def deactivation_named(portal: Portal, do: str | None) -> Option:
    """Return the option of a deactivation; that of none, where the portal does not have it."""
    return _named(DEACTIVATIONS[portal], do)


def _named(options: Sequence[Option], do: str | None) -> Option:
    return next((it for it in options if it.do == do), options[0])
