"""How is a step of a change told at the command line? It is a command, or the provider's deed."""

from collections.abc import Callable, Mapping
from shlex import quote

from api.admin.why.answers import Do, Step
from api.admin.why.texts import DEEDS, To, deed

RULE_OPTIONS = {
    "on_create": "--on-create",
    "on_deactivate": "--on-deactivate",
    "role": "--role",
    "policy": "--policy",
    "role_map": "--map-role",
    "group_map": "--map-group",
}
"""The options of ``muster connections change`` by the names of choices."""


def told_step(step: Step) -> str:
    """Return a step as the command that takes it, or as the provider's deed."""
    return TEXTS[step.do](step.to)


def _muster(words: str, *names: str, **options: str) -> Callable[[To], str]:
    """Return the text of a command with the named arguments and options.

    Values still to be chosen are in capitals.
    """

    def told(to: To) -> str:
        arguments = [quote(to[name] or name.upper()) for name in names]
        for option, name in options.items():
            arguments += [f"--{option.replace('_', '-')}", quote(to[name] or name.upper())]
        return " ".join(["muster", words, *arguments])

    return told


def _change_rules(to: To) -> str:
    told = _muster("connections change", "connection")(to)
    for name, option in RULE_OPTIONS.items():
        values = to.get(name, ())
        for value in [values] if isinstance(values, str) else values:
            told += f" {option} {quote(value)}"
    return told


def _the_provider(do: Do) -> Callable[[To], str]:
    """Return the text of the provider's deed."""
    return lambda to: deed(do, to)


TEXTS: Mapping[Do, Callable[[To], str]] = {
    Do.WAIT: lambda _: "wait a moment: it is on its way",
    Do.RESUME: _muster("connections resume", "connection"),
    Do.SWITCH_ON: _muster("connections on", "connection"),
    Do.RETRY: _muster("failures retry", connection="connection", identity="identity"),
    Do.RESYNC: _muster("resync", "connection", identity="identity"),
    Do.BRING_BACK: _muster("reconcile --fix --bring-back", identity="identity"),
    Do.APPROVE: _muster("held approve", "connection", identity="identity"),
    Do.UNLOCK: _muster("people unlock", "connection", "identity"),
    Do.CHANGE_RULES: _change_rules,
    Do.RELEASE_ACCOUNT: _muster("accounts release", "workspace", "portal", "email"),
    Do.ADD_POLICY: _muster("policies add", "workspace", "policy"),
    Do.ADD_ADMIN: lambda to: (
        f"{_muster('accounts add', 'workspace')(to)} dashboard EMAIL --role admin,"
        " or another Admin by the provider"
    ),
    Do.ASSIGN_DEVICE: _muster("devices assign", "workspace", "serial", "email"),
    Do.UNASSIGN_DEVICE: _muster("devices assign", "workspace", "serial"),
    Do.ADD_DEVICE: _muster("devices add", "workspace", "serial", assigned_to="email"),
    **{do: _the_provider(do) for do in DEEDS},
}
"""The texts of steps; a test holds them to be complete."""
