"""Since when and by which rule is a device as it is? The audit log and the ledger know it.

Administrators enrol, assign and change devices by hand, which the audit log tells; rules act on
the devices of leavers, which the ledger of downstream tells. The newer entry counts. Neither knows
of changes from before it was kept, or past Muster.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Select, func, select

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import AUDIT, Outcome
from api.admin.workspaces import workspace_named
from contracts.downstream.devices import DeviceBackground, ListedDevice, TakenByRule
from contracts.downstream.histories import Holder


class About(StrEnum):
    """The subject of a change of a device."""

    ASSIGNMENT = "assignment"
    POLICY = "policy"
    INVENTORY = "inventory"


BY_HAND: Mapping[str, frozenset[About]] = {
    "devices.add": frozenset(About),
    "devices.assign": frozenset({About.ASSIGNMENT}),
    "devices.policy": frozenset({About.POLICY}),
    "devices.remove": frozenset({About.ASSIGNMENT, About.INVENTORY}),
}
"""The subjects of the audit log's actions."""

BY_RULE: Mapping[str, frozenset[About]] = {
    "release": frozenset({About.ASSIGNMENT}),
    "change-policy": frozenset({About.POLICY}),
    "remove": frozenset({About.ASSIGNMENT, About.INVENTORY}),
}
"""The subjects of the ledger's actions."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A change of a device: when (microseconds since the epoch), and by whom or why.

    ``actor`` did it by hand. Otherwise a rule of ``connection`` did, when ``identity`` had left.
    """

    at: int
    action: str
    actor: str | None = None
    connection: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class TracedDevice:
    """A device, the identity that holds its account, and the newest change of each kind."""

    device: ListedDevice
    holder: Holder | None
    origins: Mapping[About, Origin]

    def origin(self, about: str) -> Origin | None:
        """Return the newest known change with a subject."""
        return self.origins.get(About(about))


async def trace_devices(
    it: Administration, actor: Actor, workspace: str, devices: Sequence[ListedDevice]
) -> Sequence[TracedDevice]:
    """Return devices of a workspace with their origins, in a few statements for any number.

    :param devices: of a page, as they were listed for the actor.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    ids = [device.id for device in devices]
    by_hand = await _by_hand(it, name, ids)
    backgrounds = await it.downstream.devices.backgrounds(name, ids)
    return [
        _traced(device, backgrounds.get(device.id, DeviceBackground()), by_hand[device.id])
        for device in devices
    ]


async def _by_hand(
    it: Administration, workspace: str, ids: Sequence[str]
) -> Mapping[str, list[tuple[Origin, frozenset[About]]]]:
    found: defaultdict[str, list[tuple[Origin, frozenset[About]]]] = defaultdict(list)
    async with it.directory.read() as db:
        for row in await db.execute(_newest_changes(workspace, ids)):
            origin = Origin(row.at, row.action, actor=row.actor)
            found[row.subject].append((origin, BY_HAND[row.action]))
    return found


def _newest_changes(workspace: str, ids: Sequence[str]) -> Select[tuple[str, str, int, str]]:
    """Return the statement that selects the newest entry of each device and action."""
    of_each = AUDIT.c.subject, AUDIT.c.action
    newest = (
        select(func.max(AUDIT.c.number))
        .where(
            AUDIT.c.subject.in_(ids),
            AUDIT.c.workspace == workspace,
            AUDIT.c.action.in_(BY_HAND),
            AUDIT.c.outcome == Outcome.DONE,
        )
        .group_by(*of_each)
    )
    return select(*of_each, AUDIT.c.at, AUDIT.c.actor).where(AUDIT.c.number.in_(newest))


def _traced(
    device: ListedDevice,
    background: DeviceBackground,
    by_hand: Iterable[tuple[Origin, frozenset[About]]],
) -> TracedDevice:
    changes = [*by_hand, *((_of_rule(taken), BY_RULE[taken.action]) for taken in background.taken)]
    origins: dict[About, Origin] = {}
    for origin, abouts in sorted(changes, key=lambda change: change[0].at):
        origins |= dict.fromkeys(abouts, origin)
    return TracedDevice(device, background.holder, origins)


def _of_rule(taken: TakenByRule) -> Origin:
    return Origin(taken.at, taken.action, connection=taken.connection, identity=taken.identity)
