"""What do rules do, in the words of a sentence? Each phrase goes on after "the rules". Pure."""

from collections.abc import Mapping

from contracts.rules import ChangePolicy, DeactivationAction

CREATIONS: Mapping[str, str] = {
    "nothing": "make no account, and link one that is there with the same address",
    "create-employee": "make an employee for everybody who is active",
    "create-collaborator": "make a collaborator for everybody who is active",
    "create-mdm-employee": "make an MDM employee for everybody who is active",
}

DEACTIVATIONS: Mapping[str, str] = {
    "nothing": "keep account and devices as they are",
    "remove-employee": "remove the employee",
    "remove-collaborator": "remove the collaborator",
    "unassign-devices": "release the devices, and keep the account",
    "change-policy": "put the devices under another policy, and keep the account",
    "remove-user": "release the devices, and remove the account",
    "remove-user-and-devices": "remove the devices from the inventory, and the account",
}
"""What rules do for somebody who joins or leaves; a test holds both to be complete."""


def deactivation(word: str) -> str:
    """Return what rules do when a person leaves.

    :param word: the word for a deactivation, with the policy that it names, as answers have it.
    """
    name, _, policy = word.partition(" (")
    if policy:
        return (
            f"put the devices under the policy “{policy.removesuffix(')')}”, and keep the account"
        )
    return DEACTIVATIONS.get(name, name)


def action(does: DeactivationAction) -> str:
    """Return what a deactivation does."""
    word = f"{does.do} ({does.policy})" if isinstance(does, ChangePolicy) else does.do
    return deactivation(word)
