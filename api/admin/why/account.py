"""Why has a person this account, or none? The first line of a table that applies tells it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from api.admin.why.answers import Answer, Aspect, Do, Step, Steps
from api.admin.why.facts import (
    GIVING,
    TAKING,
    PersonFacts,
    removes,
    rule_of_hold,
    told,
    word_of_hold,
)
from api.directory.leavings import Leaving
from contracts.downstream.preview import EffectKind
from contracts.rules import CreateNothing

PROVIDE, CHANGE_EMAIL, CHANGE_ROLE, DEACTIVATE = (
    *("provide_account", "change_email", "change_role", "deactivate"),
)
"""The actions that may be refused."""


class Line(NamedTuple):
    """A row of a decision table: when it applies, its rule, and the steps that alter the answer."""

    applies: Callable[[PersonFacts], object]
    rule: Callable[[PersonFacts], str]
    change: Callable[[PersonFacts], Steps]


def account_answer(facts: PersonFacts) -> Answer:
    """Return why a person has the account, or has none. Its value is the account's e-mail."""
    account = facts.account
    line = next(it for it in (WITHOUT if account is None else WITH) if it.applies(facts))
    value = None if account is None else account.email
    because = told({**_of_person(facts), **_of_account(facts)})
    return Answer(
        Aspect.ACCOUNT, value, because, line.rule(facts), facts.finished(line.change(facts))
    )


# --- facts ------------------------------------------------------------------------------------


def _of_person(facts: PersonFacts) -> dict[str, Any]:
    newest = facts.newest
    return {
        "state": facts.standing.state.value,
        "reason": facts.standing.reason,
        "active": newest.active,
        "ever_active": newest.ever_active or None,
        "deleted": newest.deleted or None,
        "leaving": word_of_hold(facts.kept_back),
        "email": facts.email,
        "locked": newest.locked_at is not None or None,
        "deactivated_at": newest.deactivated_at or None,
        "on_create": facts.connection.rules.on_create.do,
    }


def _of_account(facts: PersonFacts) -> Mapping[str, Any]:
    account, holder = facts.account, facts.holder
    refused = next((it for it in facts.coming if it.effect is EffectKind.REFUSE), None)
    other = None
    if refused is not None and refused.reason == "conflict":
        other = dict(refused.before or {})
    elif holder is not None and holder.identity not in {None, facts.identity}:
        other = {"connection": holder.connection, "held_by": holder.identity}
    return {
        "made_by": None if account is None else account.made_by,
        "address_of_another": other and {k: v for k, v in other.items() if k != "refused"},
        "refused": None if refused is None else refused.reason,
    }


# --- the tables -------------------------------------------------------------------------------


def _refusal(action: str, *reasons: str) -> Callable[[PersonFacts], object]:
    return lambda facts: facts.refusal(action, *reasons)


def _because_of(reason: str) -> Callable[[PersonFacts], str]:
    return lambda _facts: f"refusal: {reason}"


def _give_way(facts: PersonFacts) -> Steps:
    """Return how a conflict ends: another address for this person, or the holder's deletion."""
    refused = facts.refusal(PROVIDE, "conflict")
    told_of = {} if refused is None else refused.before or {}
    if not facts.to_create or "held_by" not in told_of:
        return (*facts.step(Do.CHANGE_EMAIL), *facts.to_create)
    to = {"connection": told_of["connection"], "identity": told_of["held_by"]}
    return (Step(Do.DELETE_USER, to),)


def _leave(facts: PersonFacts) -> Steps:
    """Return how an active person comes to lose the account."""
    first = facts.to_another_admin
    if removes(facts.connection.rules.on_deactivate):
        return (*first, *facts.step(Do.DEACTIVATE))
    return (
        *first,
        *facts.to_know(facts.connection.rules.on_deactivate),
        *facts.step(Do.DELETE_USER),
    )


def _is_made_by_rule(facts: PersonFacts) -> bool:
    return facts.account is not None and facts.account.made_by == facts.connection.id


def _rule_of_creation(facts: PersonFacts) -> str:
    if not _is_made_by_rule(facts):
        return "adoption: an account with the address was there"
    rule = facts.connection.rules.on_create
    return "creation" if isinstance(rule, CreateNothing) else f"creation: {rule.do}"


def release(facts: PersonFacts) -> Steps:
    """Return how the account is handed over to the connection that holds it."""
    email = None if facts.account is None else facts.account.email
    return facts.in_workspace(Do.RELEASE_ACCOUNT, portal=facts.connection.portal.value, email=email)


WITHOUT: Sequence[Line] = (
    Line(
        lambda it: it.state.deleted,
        lambda _: "deletion",
        lambda it: (*it.step(Do.CREATE_USER), *it.to_create),
    ),
    Line(lambda it: it.is_coming(GIVING), lambda it: it.waits_for, lambda it: it.to_apply),
    Line(_refusal(PROVIDE, "conflict"), _because_of("conflict"), _give_way),
    Line(_refusal(PROVIDE, "no_email"), _because_of("no_email"), lambda it: it.to_provide),
    Line(_refusal(PROVIDE, "left"), _because_of("left"), lambda it: it.step(Do.BRING_BACK)),
    Line(
        lambda it: not it.newest.ever_active,
        lambda _: "never active",
        lambda it: (*it.step(Do.ACTIVATE), *it.to_provide),
    ),
    Line(
        lambda it: not it.state.active,
        lambda it: it.rule_of_leaving,
        lambda it: (*it.to_activate, *it.to_provide),
    ),
    Line(lambda _: True, lambda _: "creation: nothing", lambda it: it.to_create),
)
"""Reasons for having no account."""

WITH: Sequence[Line] = (
    Line(
        lambda it: it.kept_back is not None,
        lambda it: rule_of_hold(it.kept_back or Leaving.HELD),
        lambda it: it.to_let_go,
    ),
    Line(lambda it: it.is_coming(TAKING), lambda it: it.waits_for, lambda it: it.to_apply),
    Line(
        _refusal(DEACTIVATE, "last_admin"),
        _because_of("last_admin"),
        lambda it: it.in_workspace(Do.ADD_ADMIN),
    ),
    Line(
        lambda it: it.newest.deleted and it.refusal(CHANGE_ROLE, "last_admin"),
        _because_of("last_admin"),
        lambda it: it.in_workspace(Do.ADD_ADMIN),
    ),
    Line(
        lambda it: it.newest.deleted and it.refusal(DEACTIVATE, "unknown_policy"),
        _because_of("unknown_policy"),
        lambda it: it.to_know(it.newest.deactivation),
    ),
    Line(
        lambda it: it.newest.active and it.refusal(CHANGE_EMAIL, "protected"),
        _because_of("protected"),
        release,
    ),
    Line(
        lambda it: it.newest.active and it.refusal(CHANGE_EMAIL, "conflict"),
        _because_of("conflict"),
        lambda it: it.step(Do.CHANGE_EMAIL),
    ),
    Line(
        lambda it: it.newest.active and it.refusal(CHANGE_EMAIL, "no_email"),
        _because_of("no_email"),
        lambda it: it.step(Do.CHANGE_EMAIL),
    ),
    Line(
        lambda it: it.is_coming({EffectKind.CHANGE}, "email"),
        lambda it: it.waits_for,
        lambda it: it.to_apply,
    ),
    Line(lambda it: it.newest.active, _rule_of_creation, _leave),
    Line(
        lambda _: True,
        lambda it: it.rule_of_leaving,
        lambda it: (
            *it.to_another_admin,
            *it.to_know(it.newest.deactivation),
            *it.step(Do.DELETE_USER),
        ),
    ),
)
"""Reasons for having an account."""
