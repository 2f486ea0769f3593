"""Which policies does a workspace have for its devices, and how are they made and removed?

A deactivation that waits for a policy is planned again as soon as the policy is made. A policy that
rules name, or that a device is under, is not removed.
"""

from collections.abc import Sequence

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.admin.connections import list_connections
from api.admin.rule_choices import policy_of
from api.admin.workspaces import workspace_in_use, workspace_named
from api.errors import PolicyNamed


async def list_policies(it: Administration, actor: Actor, workspace: str) -> Sequence[str]:
    """Return the policies of a workspace by name.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.policies.of_workspace(name)


async def add_policy(
    it: Administration,
    actor: Actor,
    workspace: str,
    policy: str,
    *,
    new_workspace: bool = False,
) -> None:
    """Make a policy; actions that were refused for want of it are planned again.

    :param new_workspace: whether the workspace may be made beside others.
    :raises NewWorkspace: when it would be made beside others, and that was not demanded.
    :raises UnknownWorkspace: when the actor does not reach the workspace.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when the workspace has such a policy, or the name is not readable.
    """
    async with (
        workspace_in_use(it, actor, workspace, new=new_workspace) as name,
        begun(it, actor, Change("policies.add", name, after={"policy": policy})),
    ):
        await it.downstream.policies.add(name, policy)


async def remove_policy(it: Administration, actor: Actor, workspace: str, policy: str) -> None:
    """Remove a policy that neither rules nor devices need.

    Rules that are set to name the policy at the same moment still name it afterwards: Muster
    refuses their deactivations, which makes them visible.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may not change it.
    :raises PolicyNamed: when the rules of a connection name it.
    :raises DownstreamError: when there is no such policy, or a device is under it.
    """
    name = await workspace_named(it, actor, workspace, Power.OWN)
    for connection in await list_connections(it, actor, name):
        if policy_of(connection.rules) == policy:
            raise PolicyNamed(policy, connection.id)
    before = {"policy": await known_policy(it, name, policy)}
    async with begun(it, actor, Change("policies.remove", name, before=before)):
        await it.downstream.policies.remove(name, policy)


async def known_policy(it: Administration, workspace: str, policy: str | None) -> str | None:
    """Return a policy, if the workspace has it: any other text has no place in the audit log."""
    is_known = policy is not None and await it.downstream.policies.exists(workspace, policy)
    return policy if is_known else None
