"""What does a refused action wait for? Each obstacle has a name, by which it is looked up."""

from contracts.names import name_key
from contracts.rules import Portal
from worker.planning.facts import Account


def email_obstacle(workspace: str, portal: Portal, email: str) -> str:
    """Return the name of the obstacle that another account has this e-mail."""
    return f"email:{workspace}:{portal}:{name_key(email)}"


def email_key_in(obstacle: str, workspace: str, portal: Portal) -> str:
    """Return the key of the e-mail that such an obstacle names."""
    return obstacle.removeprefix(email_obstacle(workspace, portal, ""))


def admin_obstacle(workspace: str) -> str:
    """Return the name of the obstacle that the workspace has no other Admin."""
    return f"admin:{workspace}"


def policy_obstacle(workspace: str, policy: str) -> str:
    """Return the name of the obstacle that the workspace has no such policy."""
    return f"policy:{workspace}:{policy}"


def account_obstacle(account_id: str) -> str:
    """Return the name of the obstacle that an account is not released."""
    return f"account:{account_id}"


def freed_obstacles(before: Account | None, after: Account, *, held: bool) -> frozenset[str]:
    """Return the obstacles that a change of an account removes for other identities.

    :param before: the account before the change, None where it is new.
    :param held: whether an undeleted identity holds the account afterwards.
    """
    freed = set()
    lost = not held or (before is not None and before.email_key != after.email_key)
    if before is not None and before.email is not None and lost:
        freed.add(email_obstacle(after.workspace, after.portal, before.email))
    if after.is_admin and not (before is not None and before.is_admin):
        freed.add(admin_obstacle(after.workspace))
    return frozenset(freed)
