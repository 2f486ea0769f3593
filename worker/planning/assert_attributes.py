"""What of an event is asserted on an account that is there? Names, groups, role and e-mail."""

from dataclasses import replace

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import Role
from worker.planning.actions import ChangeAccount, Reason, RefusedAction
from worker.planning.facts import Account
from worker.planning.obstacles import account_obstacle, admin_obstacle
from worker.planning.plan_builder import PlanBuilder
from worker.planning.roles import keeps_email, permitted_role, wanted_role, with_own_role


def assert_attributes(builder: PlanBuilder) -> None:
    """Assert all of it on a live account, role before e-mail: the one decides about the other."""
    account = builder.live
    if account is None:
        return
    account = with_own_role(with_attributes(account, builder.event), builder.event)
    account = _with_email(builder, _with_role(builder, account))
    if account != builder.account:
        builder.put(ChangeAccount(account))


def with_attributes(account: Account, event: IdentityChanged) -> Account:
    """Return the account with what follows the provider on every account."""
    return replace(
        account,
        display_name=event.profile.display_name,
        given_name=event.profile.given_name,
        family_name=event.profile.family_name,
        external_id=event.profile.external_id,
        groups=event.groups,
    )


def keeps_admin(builder: PlanBuilder, role: Role | None) -> bool:
    """Refuse a role that would leave the workspace without an Admin; True where it would."""
    account = builder.live
    if account is None or role is account.role or not builder.is_last_admin:
        return False
    obstacle = admin_obstacle(account.workspace)
    builder.refuse(RefusedAction.CHANGE_ROLE, Reason.LAST_ADMIN, obstacle)
    return True


def _with_role(builder: PlanBuilder, account: Account) -> Account:
    role = permitted_role(account, builder.event)
    if role is not wanted_role(account, builder.event):
        obstacle = account_obstacle(account.id)
        builder.refuse(RefusedAction.CHANGE_ROLE, Reason.PROTECTED, obstacle)
    return account if keeps_admin(builder, role) else replace(account, role=role)


def _with_email(builder: PlanBuilder, account: Account) -> Account:
    event, email = builder.event, builder.event.profile.email
    if email is None:
        builder.refuse(RefusedAction.CHANGE_EMAIL, Reason.NO_EMAIL)
        return account
    if builder.has_yielded:
        return _with_newest_email(builder, account)
    is_another = name_key(email) != account.email_key
    if keeps_email(account, event):
        if is_another:  # and not merely spelled in another way
            obstacle = account_obstacle(account.id)
            builder.refuse(RefusedAction.CHANGE_EMAIL, Reason.PROTECTED, obstacle)
        return account
    if is_another and builder.other_account is not None and not builder.let_yield():
        obstacle = builder.email_obstacle(email)
        builder.refuse(RefusedAction.CHANGE_EMAIL, Reason.CONFLICT, obstacle)
        return account
    return replace(account, email=email)


def _with_newest_email(builder: PlanBuilder, account: Account) -> Account:
    """Return the account of somebody inactive, whose old address is somebody else's by now.

    It follows each new address at the event that tells it. One that is taken is no refusal, because
    the account is out of use, and is not looked at again before the account has to move.
    """
    newest, facts = builder.newest_email, builder.facts
    stays = newest in {None, facts.record.waiting_email} or facts.newest_is_taken
    return (
        account if stays or keeps_email(account, builder.event) else replace(account, email=newest)
    )
