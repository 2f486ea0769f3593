"""Which role does an account have, and which accounts are protected from a connection? Pure.

A connection lays a role over the one that an account has of its own: its rule does, and a name
that it maps. A role that it could not give is out of its reach: an account with a higher one, of
another maker, keeps its e-mail, or the connection could put that role into anybody's hands. If it
was made by hand, it keeps the role too. docs/decisions/0018 tells why.
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
            return Role.highest(line.role for line in lines)
        case StoreTerms() | MdmTerms():
            return None
        case never:
            assert_never(never)


def role_of_rule(event: IdentityChanged) -> Role | None:
    """Return the role that the creation rule gives; None under "nothing", and on other portals."""
    match event.terms.on_create:
        case CreateCollaborator(role=role):
            return role
        case CreateNothing() | CreateEmployee() | CreateMdmEmployee():
            return None
        case never:
            assert_never(never)


def wanted_role(account: Account, event: IdentityChanged) -> Role | None:
    """Return the role that the event asks for: mapped, else the rule's, else the account's own."""
    return mapped_role(event) or role_of_rule(event) or account.own_role


def with_own_role(account: Account, event: IdentityChanged) -> Account:
    """Let the role of its own follow the rule, unless it was given by hand."""
    rule = role_of_rule(event)
    if rule is None or account.made_by_hand:
        return account
    return replace(account, own_role=rule)


def permitted_role(account: Account, event: IdentityChanged) -> Role | None:
    """Return the role that the event may give a live account: the wanted one, if it may.

    An account made by hand that is above the connection stays what it is, and loses no more than
    what a mapping has given it beyond its own role. No account of anybody else is raised to a role
    of its own that the connection could not give.
    """
    wanted, highest = wanted_role(account, event), _highest_role(event)
    if _answers_for(account, event):
        return wanted
    if account.made_by_hand and _rank(account.own_role) > _rank(highest):
        return min(account.role, account.own_role, key=_rank)
    return account.role if _rank(wanted) > max(_rank(account.role), _rank(highest)) else wanted


def keeps_email(account: Account, event: IdentityChanged) -> bool:
    """Say whether the connection may not give the account another e-mail.

    It may not where the account has, or would have again, a higher role than it can give.
    """
    held = max(_rank(account.role), _rank(account.own_role))
    return not _answers_for(account, event) and held > _rank(_highest_role(event))


def _answers_for(account: Account, event: IdentityChanged) -> bool:
    """Say whether the connection made the account itself, or an administrator has released it."""
    return account.released or account.made_by == event.connection


def left_behind(account: Account, event: IdentityChanged) -> Account:
    """Return a live account without its holder: a mapped role ends, any other is its own now."""
    mapped = mapped_role(event)
    role = account.own_role if mapped is not None and mapped is account.role else account.role
    return replace(account, role=role, own_role=role)


def _highest_role(event: IdentityChanged) -> Role | None:
    """Return the highest role that the connection can give to anybody, as far as the event tells.

    An event of before 1.1 does not tell; what its rule and lines do not show cannot be given.
    """
    match event.terms:
        case DashboardTerms(highest_role=highest):
            told = (highest, role_of_rule(event), mapped_role(event))
            return Role.highest(role for role in told if role is not None)
        case StoreTerms() | MdmTerms():
            return None
        case never:
            assert_never(never)


def _rank(role: Role | None) -> int:
    return 0 if role is None else role.precedence
