"""What does a command say whose list is empty? It says so, and names the next step.

A list is empty as well where options have left nothing of it. Lists in which it is good to find
nothing (failures, conflicts, dead letters, people who are held) have no next step.
"""

from deploy.own_command import as_called_here

NEXT_STEPS = {
    "accounts list": "muster accounts add WORKSPACE PORTAL EMAIL adds one by hand",
    "admins list": "muster admins create WORKSPACE --role owner makes a token for an administrator",
    "connections list": "muster connections create WORKSPACE PORTAL switches SCIM on",
    "devices list": "muster devices add WORKSPACE SERIAL adds one",
    "people list": "muster connections show CONNECTION --for okta tells how a provider pushes them",
    "policies list": "muster policies add WORKSPACE NAME adds one",
    "requests": "muster doctor --connection CONNECTION tells whether a provider can reach it",
    "setup-links list": "muster setup-links create CONNECTION makes one",
    "tokens list": "muster tokens create CONNECTION makes one",
    "workspaces list": "muster connections create WORKSPACE PORTAL makes one with a connection",
}
"""The next steps after an empty list, by the command that prints it."""


def none_in(command: str, *, narrowed: bool = False) -> str:
    """Return the text that a command prints in place of an empty list, with the next step.

    :param command: a key of ``NEXT_STEPS``.
    :param narrowed: whether options have narrowed the list; the text then names no next step.
    """
    if narrowed:
        return "none with these options"
    return as_called_here(f"none; {NEXT_STEPS[command]}")
