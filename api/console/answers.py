"""How is it told why a person has something? Sentences tell it, with a link to each step. Pure.

The answers are those of ``muster why``. A step leads to the page where an administrator takes it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.admin.why.answers import TIMES, Answer, Aspect, Do, Step
from api.admin.why.texts import DEEDS, To, deed, shown, words
from api.console.rule_words import CREATIONS, deactivation_in
from api.console.words import REASONS, label, reason, told

ASPECTS = {Aspect.ACCOUNT: "Account", Aspect.ROLE: "Role", Aspect.DEVICES: "Devices"}

FACTS = {
    "ever_active": "Was ever active",
    "email": "E-mail",
    "leaving": "Leaving",
    "locked": "Locked",
    "deactivated_at": "Deactivated",
    "on_create": "Rule for joiners",
    "on_deactivate": "Rule for leavers",
    "deactivation": "What the leaving does",
    "made_by": "Account made by",
    "address_of_another": "Address belongs to",
    "refused": "Refused",
    "mapped": "Mapped names",
    "role_of_rule": "Role by the rule",
    "own_role": "Role without a mapping",
    "highest_of_connection": "Highest role of the rules",
    "released": "Account was released",
    "admins": "Other Admins",
    "loss_of_admin": "Loss of the Admin role",
    "taken": "Done to devices",
}
"""Names of facts, where their own does not read well."""

RULES: Mapping[str, str] = {
    "deletion": "The provider has deleted the user, and with it the account.",
    "never active": "The provider has never sent this person as active, and only active people get"
    " an account.",
    "creation": "The rules have made the account.",
    "adoption": "The account was there with the same e-mail address, and was linked to the person.",
    "kept from before": "The role is from before: no name is mapped to one, and the rules give"
    " none.",
    "creation rule": "The rules give this role to everybody to whom no name gives another one.",
    "no account": "This goes with an account, and the person has none.",
    "none is assigned": "No device is assigned to the person.",
    "no deactivation": "Devices were assigned to the person, and nothing has taken them away.",
}
"""Sentences for rules of one word, or whose further words say no more."""


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step in a sentence, and the path and the parameters of the page where it is taken."""

    text: str
    path: str | None = None
    query: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ToldFact:
    """A fact by its name: in words, or a time in microseconds since the epoch."""

    name: str
    text: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class ToldAnswer:
    """Why an aspect of a person is as it is, and what would change it."""

    aspect: str
    value: str
    rule: str
    steps: Sequence[ToldStep]
    facts: Sequence[ToldFact]


def told_answer(answer: Answer, workspace: str, identity: str) -> ToldAnswer:
    """Return an answer in words.

    :param identity: the id of the person whom it is about.
    """
    steps = [told_step(step, workspace, identity) for step in answer.change]
    facts = [_fact(name, it) for name, it in answer.because.items()]
    return ToldAnswer(ASPECTS[answer.aspect], _value(answer), told_rule(answer.rule), steps, facts)


def _value(answer: Answer) -> str:
    if not answer.value:
        return "None"
    match answer.aspect:
        case Aspect.ACCOUNT:
            return str(answer.value)
        case Aspect.ROLE:
            return label(answer.value)
        case Aspect.DEVICES:
            return str(len(answer.value))


def told_rule(rule: str) -> str:
    """Return the rule that decides, in a sentence. Reasons are explained with the state."""
    head, _, rest = rule.partition(": ")
    match head:
        case "waiting" if rest in REASONS:
            return f"The newest change is not carried out yet: {_within(reason(rest))}."
        case "refusal":
            return f"An action was refused, and waits: {_within(reason(rest))}."
        case "waiting" | "waived":
            return told(rest or head)
        case "deactivation":
            return f"The provider has deactivated the person. {deactivation_in(rest)}"
        case "lock":
            return f"An administrator has locked the person. {deactivation_in(rest)}"
        case "creation" if rest in CREATIONS:
            return f"The rules for joiners apply. {CREATIONS[rest]}"
        case "creation" if rest:
            role = label(rest.removeprefix("role "))
            return f"The rules make everybody {role} to whom no name gives another role."
        case "mapping":
            name, _, role = rest.rpartition("=")
            return f"The rules give the role {label(role)} to everybody in “{name}”."
        case _:
            return RULES.get(head) or f"{label(rule)}."


def _within(words_: str) -> str:
    """Return words as they go on within a sentence."""
    return words_[:1].lower() + words_[1:]


def _fact(name: str, value: Any) -> ToldFact:
    title = FACTS.get(name) or words(name).capitalize()
    if name in TIMES:
        return ToldFact(title, "", int(value))
    return ToldFact(title, shown(value))


# --- steps ------------------------------------------------------------------------------------


def told_step(step: Step, workspace: str, identity: str) -> ToldStep:
    """Return a step in a sentence, with the page where it is taken."""
    if step.do is Do.DELETE_USER and step.to["identity"] == identity:
        return ToldStep("The provider deletes the user.")
    return STEPS[step.do]({**step.to, "workspace": workspace})


def _at(text: str, path: str | None = None, *query: str) -> Callable[[To], ToldStep]:
    """Return how a step is told; text and path name its objects in braces."""

    def tell(to: To) -> ToldStep:
        given = {name: str(to[name]) for name in query}
        return ToldStep(text.format(**to), path and path.format(**to), given)

    return tell


def _change_rules(to: To) -> ToldStep:
    named = {"role_map": "the names mapped to roles", "group_map": "the groups mapped to roles"}
    changed = [
        f"{FACTS.get(name, label(name)).lower()}: {label(shown(to[name])).lower()}"
        for name in ("on_create", "on_deactivate", "role", "policy")
        if name in to
    ]
    changed += [f"{named[name]}: {shown(to[name])}" for name in named if name in to]
    text = f"Change the rules of the connection ({'; '.join(changed)})."
    return ToldStep(f"{text} That concerns everybody of the connection.", _rules(to))


def _rules(to: To) -> str:
    return f"/connections/{to['connection']}/rules"


def _deed(do: Do) -> Callable[[To], ToldStep]:
    def tell(to: To) -> ToldStep:
        text = deed(do, to, "“{}”".format)
        path = PERSON.format(**to) if do is Do.DELETE_USER else None
        return ToldStep(f"{text[:1].upper()}{text[1:]}.", path)

    return tell


STATE = "/connections/{connection}/state"
PERSON = "/people/{connection}/{identity}"

STEPS: Mapping[Do, Callable[[To], ToldStep]] = {
    Do.WAIT: _at("Wait a moment: it is on its way."),
    Do.RESUME: _at("Let the connection go live.", STATE),
    Do.SWITCH_ON: _at("Switch the connection on.", STATE),
    Do.RETRY: _at("Retry the change, with the button at the top."),
    Do.RESYNC: _at("Send the person again, with the button at the top."),
    Do.BRING_BACK: _at("Let an operator bring the person back (muster reconcile --bring-back)."),
    Do.APPROVE: _at("Approve what the brake holds.", "/held", "workspace", "connection"),
    Do.UNLOCK: _at("Unlock the person.", PERSON + "/unlock"),
    Do.CHANGE_RULES: _change_rules,
    Do.RELEASE_ACCOUNT: _at(
        "Let an operator release the account {email}, so that the provider decides on its address"
        " and role (muster accounts release)."
    ),
    Do.ADD_POLICY: _at("Add the policy “{policy}”.", "/policies", "workspace"),
    Do.ADD_ADMIN: _at("Make somebody else an Admin: by a group that is mapped to it, or by hand."),
    Do.ASSIGN_DEVICE: _at("Assign a device to the account.", "/devices", "workspace"),
    Do.UNASSIGN_DEVICE: _at("Release a device by hand.", "/devices", "workspace"),
    Do.ADD_DEVICE: _at("Add the device {serial} to the inventory again.", "/devices", "workspace"),
    **{do: _deed(do) for do in DEEDS},
}
"""How steps are told; a test holds them to be complete."""
