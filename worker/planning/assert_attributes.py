"""What does an event assert on an existing account? Names, groups, role and e-mail follow it."""

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.rules import Role
from worker.planning.actions import ChangeAccount, Reason, RefusedAction
from worker.planning.facts import Account
from worker.planning.obstacles import account_obstacle, admin_obstacle
from worker.planning.plan_builder import PlanBuilder
from worker.planning.roles import keeps_email, permitted_role, wanted_role, with_own_role


def assert_attributes(builder: PlanBuilder) -> None:
    """Assert all attributes on a live account, the role first: a protected one keeps the e-mail."""
    account = builder.live
    if account is None:
        return
    account = with_own_role(with_attributes(account, builder.event), builder.event)
    account = _with_email(builder, _with_role(builder, account))
    if account is not builder.account and account != builder.account:
        builder.put(ChangeAccount(account))


def with_attributes(account: Account, event: IdentityChanged) -> Account:
    """Return the account with the attributes that follow the provider on every account."""
    return account.with_values(
        display_name=event.profile.display_name,
        given_name=event.profile.given_name,
        family_name=event.profile.family_name,
        external_id=event.profile.external_id,
        groups=event.groups,
    )


def refuse_losing_last_admin(builder: PlanBuilder, role: Role | None) -> bool:
    """Refuse a role that would leave the workspace without an Admin; return whether it would."""
    account = builder.live
    if account is None or role is account.role or not builder.is_last_admin:
        return False
    obstacle = admin_obstacle(account.workspace)
    builder.refuse(RefusedAction.CHANGE_ROLE, Reason.LAST_ADMIN, obstacle)
    return True


def _with_role(builder: PlanBuilder, account: Account) -> Account:
    wanted = wanted_role(account, builder.event)
    role = permitted_role(account, builder.event, wanted)
    if role is not wanted:
        obstacle = account_obstacle(account.id)
        builder.refuse(RefusedAction.CHANGE_ROLE, Reason.PROTECTED, obstacle)
    return account if refuse_losing_last_admin(builder, role) else account.with_values(role=role)


def _with_email(builder: PlanBuilder, account: Account) -> Account:
    event, email = builder.event, builder.event.profile.email
    if email is None:
        builder.refuse(RefusedAction.CHANGE_EMAIL, Reason.NO_EMAIL)
        return account
    if builder.has_yielded:
        return _with_newest_email(builder, account)
    is_another = name_key(email) != account.email_key
    if keeps_email(account, event):
        if is_another:  # a mere change of spelling is no refusal
            obstacle = account_obstacle(account.id)
            builder.refuse(RefusedAction.CHANGE_EMAIL, Reason.PROTECTED, obstacle)
        return account
    if is_another and builder.other_account is not None and not builder.let_other_yield():
        obstacle = builder.email_obstacle(email)
        builder.refuse(RefusedAction.CHANGE_EMAIL, Reason.CONFLICT, obstacle)
        return account
    return account.with_values(email=email)


def _with_newest_email(builder: PlanBuilder, account: Account) -> Account:
    """Return the account of an inactive identity that has yielded, with its newest address.

    The account takes each new address with the event that brings it. A taken address is skipped
    without a refusal, because the account is out of use; the next claim on its address tries again.
    """
    newest, facts = builder.newest_email, builder.facts
    unusable = newest in {None, facts.record.waiting_email} or facts.newest_is_taken
    if unusable or keeps_email(account, builder.event):
        return account
    return account.with_values(email=newest)
