"""What needs the policies of a workspace? Devices are under them, and rules name them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.devices import count_devices
from api.admin.policies import list_policies
from api.admin.rule_choices import policy_of


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """A policy, the number of devices under it, and the connections whose rules name it.

    A policy that does not exist is named by rules all the same: their deactivations are refused.
    """

    policy: str
    devices: int
    connections: Sequence[str]
    exists: bool = True

    @property
    def is_needed(self) -> bool:
        """Return whether devices or rules keep the policy from being removed."""
        return bool(self.devices or self.connections)


async def list_policy_uses(it: Administration, actor: Actor, workspace: str) -> Sequence[PolicyUse]:
    """Return the policies of a workspace by name, with those that are missing.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    existing = await list_policies(it, actor, workspace)
    under = (await count_devices(it, actor, workspace)).by_policy
    naming: defaultdict[str, list[str]] = defaultdict(list)
    for connection in await list_connections(it, actor, workspace):
        if (policy := policy_of(connection.rules)) is not None:
            naming[policy].append(connection.id)
    return [
        PolicyUse(name, under.get(name, 0), naming[name], name in existing)
        for name in sorted({*existing, *naming})
    ]
