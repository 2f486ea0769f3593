"""In which words do the portals offer their rules? Those that administrators know from there. Pure.

A test holds the options to be those of ``contracts.portals``, in the same order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.rules import Portal


@dataclass(frozen=True, slots=True)
class Option:
    """A rule that can be chosen: the word of the program, its name, and what it does."""

    do: str
    name: str
    told: str


_NO_ACCOUNT = "No account is made. One that has the same e-mail already is linked."
_STAYS = "The account stays, and so does the access."

CREATIONS: Mapping[Portal, Sequence[Option]] = {
    Portal.DASHBOARD: (
        Option("nothing", "No action", _NO_ACCOUNT),
        Option(
            "create-collaborator",
            "A collaborator is created",
            "With the role that you select, as long as no group and no SCIM role gives another.",
        ),
    ),
    Portal.STORE: (
        Option("nothing", "No action", _NO_ACCOUNT),
        Option("create-employee", "An employee is created", "They can use the Enterprise Store."),
    ),
    Portal.MDM: (
        Option("nothing", "No action", _NO_ACCOUNT),
        Option(
            "create-mdm-employee",
            "An MDM employee is created",
            "Devices can be assigned to them.",
        ),
    ),
}
"""What can happen when a user is created at the identity provider."""

DEACTIVATIONS: Mapping[Portal, Sequence[Option]] = {
    Portal.DASHBOARD: (
        Option("nothing", "No action", _STAYS),
        Option(
            "remove-collaborator",
            "The employee is removed",
            "The collaborator leaves the Dashboard, unless it is the last Admin.",
        ),
    ),
    Portal.STORE: (
        Option("nothing", "No action", _STAYS),
        Option("remove-employee", "The employee is removed", "They leave the Enterprise Store."),
    ),
    Portal.MDM: (
        Option("nothing", "Nothing", "Account and devices stay as they are."),
        Option(
            "unassign-devices",
            "Unassign",
            "The MDM user is unassigned from all devices. The account stays.",
        ),
        Option(
            "change-policy",
            "Change policy",
            "The assigned devices get the policy that you select. They stay assigned.",
        ),
        Option(
            "remove-user",
            "Remove user",
            "The MDM employee is removed. The devices stay, assigned to nobody.",
        ),
        Option(
            "remove-user-and-devices",
            "Remove user and devices",
            "The MDM employee and all assigned devices are removed. No device is wiped.",
        ),
    ),
}
"""What can happen when a user is deactivated at the identity provider."""


def creation_named(portal: Portal, do: str | None) -> Option:
    """Return the option of a creation; that of none, where the portal does not have it."""
    return _named(CREATIONS[portal], do)


def deactivation_named(portal: Portal, do: str | None) -> Option:
    """Return the option of a deactivation; that of none, where the portal does not have it."""
    return _named(DEACTIVATIONS[portal], do)


def _named(options: Sequence[Option], do: str | None) -> Option:
    return next((it for it in options if it.do == do), options[0])
