"""What do rules do? Each rule has its sentences here, for forms, previews and answers. Pure."""

from collections.abc import Mapping

from contracts.rules import ChangePolicy, DeactivationAction

CREATIONS: Mapping[str, str] = {
    "nothing": "No account is made. An account that has the same e-mail already is linked.",
    "create-employee": "Everybody who is active can use the Enterprise Store.",
    "create-collaborator": "Everybody who is active can sign in to the Dashboard.",
    "create-mdm-employee": "Devices can be assigned to everybody who is active.",
}

DEACTIVATIONS: Mapping[str, str] = {
    "nothing": "Account and devices stay as they are, and so does the access.",
    "remove-employee": "The employee leaves the Enterprise Store.",
    "remove-collaborator": "The collaborator leaves the Dashboard, unless it is the last Admin.",
    "unassign-devices": "The MDM user is unassigned from all devices. The account stays.",
    "change-policy": "The assigned devices get {policy}, and stay assigned. The account stays.",
    "remove-user": "The MDM employee is removed. The devices stay, assigned to nobody.",
    "remove-user-and-devices": (
        "The MDM employee and all assigned devices are removed. No device is wiped."
    ),
}
"""Sentences for the rules for joiners and leavers; a test checks that both tables are complete."""


def deactivation(do: str, policy: str | None = None) -> str:
    """Return the sentences that tell the effects of a deactivation.

    :param do: the name of the deactivation rule, a key of ``DEACTIVATIONS``.
    :param policy: the policy that devices get; None: the sentences speak of "another policy".
    """
    named = f"the policy “{policy}”" if policy else "another policy"
    return DEACTIVATIONS[do].format(policy=named)


def action(does: DeactivationAction) -> str:
    """Return the sentences for the deactivation that a connection's rules demand."""
    return deactivation(does.do, does.policy if isinstance(does, ChangePolicy) else None)


def deactivation_in(words: str) -> str:
    """Return the sentences for a deactivation that an answer names.

    :param words: the rule and, in brackets, the policy that it names. A rule that only another
        version of Muster knows is shown as it is.
    """
    do, _, policy = words.partition(" (")
    if do not in DEACTIVATIONS:
        return f"{words}."
    return deactivation(do, policy.removesuffix(")") or None)
