"""Which role does an account have, and which are protected? Pure functions decide by the rules.

A connection overrides the own role of an account: by its rule, and by a name that it maps. An
account of another maker with a higher role than the connection can give keeps its e-mail, or the
connection could hand that role to any person. An account made by hand keeps such a role, too.
docs/decisions/0018 tells why.
"""

from dataclasses import replace
from typing import assert_never

from contracts.identity_changed import DashboardTerms, IdentityChanged, MdmTerms, StoreTerms
from contracts.rules import (
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    CreateNothing,
    Role,
)
from worker.planning.facts import Account


def mapped_role(event: IdentityChanged) -> Role | None:
    """Return the highest role that a group or a SCIM role of the identity maps to."""
    match event.terms:
        case DashboardTerms(role_lines=lines):
            return Role.highest(line.role for line in lines) if lines else None
        case StoreTerms() | MdmTerms():
            return None
        case never:
            assert_never(never)


def role_of_rule(event: IdentityChanged) -> Role | None:
    """Return the role of the creation rule; None for "nothing", and on portals without roles."""
    match event.terms.on_create:
        case CreateCollaborator(role=role):
            return role
        case CreateNothing() | CreateEmployee() | CreateMdmEmployee():
            return None
        case never:
            assert_never(never)


def may_make_admin(event: IdentityChanged) -> bool:
    """Return whether an account that is no Admin's may become an Admin's by this event."""
    return Role.ADMIN in {role_of_rule(event), mapped_role(event)}


def wanted_role(account: Account, event: IdentityChanged) -> Role | None:
    """Return the role that the event asserts: mapped, else the rule's, else the account's own."""
    return mapped_role(event) or role_of_rule(event) or account.own_role


def with_own_role(account: Account, event: IdentityChanged) -> Account:
    """Return the account with the rule's role as its own role, unless it was made by hand."""
    rule = role_of_rule(event)
    if rule is None or account.made_by_hand:
        return account
    return account.with_values(own_role=rule)


def permitted_role(account: Account, event: IdentityChanged, wanted: Role | None) -> Role | None:
    """Return the role that a live account has after the event: the wanted one, if permitted.

    An account made by hand with an own role above the connection's highest one keeps that role, and
    loses at most a mapped role beyond it. An account of another maker is not raised to an own role
    that the connection could not give.
    """
    if _is_responsible_for(account, event):
        return wanted
    highest = _highest_role(event)
    if account.made_by_hand and _rank(account.own_role) > _rank(highest):
        return min(account.role, account.own_role, key=_rank)
    return account.role if _rank(wanted) > max(_rank(account.role), _rank(highest)) else wanted


def keeps_email(account: Account, event: IdentityChanged) -> bool:
    """Return whether the account is protected from a new e-mail.

    An account of another maker is, while its present or own role is above the connection's highest.
    """
    if _is_responsible_for(account, event):
        return False
    held = max(_rank(account.role), _rank(account.own_role))
    return held > _rank(_highest_role(event))


def _is_responsible_for(account: Account, event: IdentityChanged) -> bool:
    """Return whether the connection made the account, or an administrator has released it."""
    return account.released or account.made_by == event.connection


def without_holder(account: Account, event: IdentityChanged) -> Account:
    """Return a live account after its unlinking: a mapped role ends, any other becomes its own."""
    mapped = mapped_role(event)
    role = account.own_role if mapped is not None and mapped is account.role else account.role
    return replace(account, role=role, own_role=role)


def _highest_role(event: IdentityChanged) -> Role | None:
    """Return the highest role that the connection can give, as far as the event shows.

    An event before 1.1 shows only the roles of its rule and its lines.
    """
    match event.terms:
        case DashboardTerms(highest_role=highest):
            shown = (highest, role_of_rule(event), mapped_role(event))
            return Role.highest(role for role in shown if role is not None)
        case StoreTerms() | MdmTerms():
            return None
        case never:
            assert_never(never)


def _rank(role: Role | None) -> int:
    return 0 if role is None else role.precedence
