"""Who changed what? The words of the audit log become plain ones. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from api.admin.audit import Outcome
from api.admin.list_audit import ListedChange
from api.admin.mentions import Kind, subject_of
from api.admin.named_changes import NamedChange
from api.console.deeds import began, did, tried
from api.console.known import Known, known
from api.console.words import label

DEEDS = {
    "accounts.add": "create an account by hand",
    "accounts.release": "hand an account over to the provider",
    "admins.create": "issue a token for an administrator",
    "admins.revoke": "revoke the token of an administrator",
    "conflicts.move": "give an address to the person who waited for it",
    "conflicts.release": "hand an account over to the person who waited for it",
    "connections.brake": "set the brake",
    "connections.change": "change the rules",
    "connections.create": "create the connection",
    "connections.delete": "delete the connection",
    "connections.observe": "let the connection observe only",
    "connections.off": "switch the connection off",
    "connections.on": "switch the connection on",
    "connections.pause": "pause the connection",
    "connections.resume": "let the connection go live",
    "devices.add": "add a device",
    "devices.assign": "change who has a device",
    "devices.policy": "change the policy of a device",
    "devices.remove": "remove a device",
    "failures.retry": "retry what had failed",
    "held.approve": "approve what the brake held",
    "held.reject": "reject what the brake held",
    "identities.resync": "send people downstream again",
    "people.lock": "lock a person",
    "people.unlock": "unlock a person",
    "policies.add": "add a policy",
    "policies.remove": "remove a policy",
    "problems.retry": "retry what was refused or had failed",
    "setup_links.create": "make a set-up link",
    "setup_links.revoke": "revoke a set-up link",
    "setup_links.use": "use a set-up link",
    "tokens.create": "issue a token for the provider",
    "tokens.revoke": "revoke a token of the provider",
    "tokens.rotate": "replace the tokens of the provider",
    "workspaces.create": "create the workspace",
}
"""The deeds of actions, in words that follow ``to``."""

SUBJECTS = {
    "accounts": "Account {}",
    "admins": "Administrator {}",
    "conflicts": "Person {}",
    "devices": "Device {}",
    "failures": "Person {}",
    "held": "Person {}",
    "identities": "Person {}",
    "people": "Person {}",
    "setup_links": "Set-up link {}",
    "tokens": "Token {}",
}
"""How a subject is told by its id, by the noun of the action. People with names need no noun."""

ACTORS = {"operator": "the operator", "command": "the command line"}
"""Actors that are no administrators of a workspace."""

NO_NAMES: Mapping[str, str] = MappingProxyType({})


def told_change(change: ListedChange) -> str:
    """Return a change as done, begun or tried; the action itself, where it has no words."""
    deed = DEEDS.get(change.action)
    if deed is None:
        return label(change.action.replace(".", " "))
    match change.outcome:
        case Outcome.DONE:
            return did(deed)
        case Outcome.BEGUN:
            return began(deed)
        case Outcome.FAILED:
            return tried(deed)


def told_actor(named: NamedChange) -> str:
    """Return the actor of a change; an administrator by the name of the token, if known."""
    actor = named.change.actor
    if named.by:
        return actor_told(actor, {actor: named.by})
    text = actor_told(actor)
    return text if text == actor else f"{text[:1].upper()}{text[1:]}"


def actor_told(actor: str | None, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return an actor of the audit log in words that follow ``by``.

    :param actor: None where an earlier version did not note it.
    :param names: the names of the tokens of administrators that are known, by their actors.
    """
    if actor is None:
        return "an earlier version"
    kind, _, id_ = actor.partition(":")
    match kind:
        case "admin":
            name = names.get(actor)
            return f"{name} (administrator)" if name else f"administrator {id_}"
        case "setup-link":
            return f"somebody with set-up link {id_}"
        case _:
            return ACTORS.get(actor, actor)


def told_subject(named: NamedChange) -> Known | str | None:
    """Return the subject of a change; None where it has none beside a connection."""
    change, mention = named.change, subject_of(named.change)
    wording = SUBJECTS.get(change.action.partition(".")[0])
    if wording is None or change.subject is None:
        return None
    if mention is None or mention not in named.names:
        return wording.format(change.subject)
    return known(mention, named.names, "{}" if mention.kind is Kind.PERSON else wording)
