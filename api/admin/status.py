"""How does an installation stand, or a workspace? People are counted by state and connection."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, list_connections
from api.reconciliation.pairs import all_pairs
from api.reconciliation.status import StatusReport
from api.reconciliation.verdicts import UNSEEN
from contracts.rules import Portal

SUMMED = ("identities", "pending", "held", "applied", "waived", "refused", "failed", "left")
"""The counts that are added up."""


@dataclass(frozen=True, slots=True)
class Counts:
    """People by sync state, as ``StatusReport`` counts them.

    ``oldest_pending_seconds`` is the lag: how long the newest state of a person has been waiting.
    ``refusals`` counts refused actions by reason, ``failures`` given-up events by kind.
    """

    identities: int = 0
    pending: int = 0
    held: int = 0
    applied: int = 0
    waived: int = 0
    refused: int = 0
    failed: int = 0
    left: int = 0
    oldest_pending_seconds: float = 0.0
    refusals: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """A connection with its state and the counts of its people."""

    connection: str
    workspace: str
    portal: Portal
    state: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """A workspace with the number of its connections, and the counts of their people."""

    workspace: str
    connections: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Status:
    """The report of all people, and their counts by workspace and by connection, both in order."""

    whole: StatusReport
    workspaces: Sequence[WorkspaceStatus]
    connections: Sequence[ConnectionStatus]


async def status_of(it: Administration, actor: Actor, workspace: str | None = None) -> Status:
    """Return the counts of the people whom an actor reaches, of one workspace or of all.

    :raises UnknownWorkspace: when there is no such workspace that the actor reaches.
    """
    connections = await list_connections(it, actor, workspace)
    reports = {each.id: StatusReport() for each in connections}
    only = None if workspace is None and actor.workspace is None else list(reports)
    for connection in [None] if only is None else only:
        async for page in all_pairs(it.directory, it.downstream.states, connection):
            now = it.clock()
            for identity, state in page:
                report = reports.setdefault(identity.connection_id, StatusReport())
                report.count(identity, state or UNSEEN, now)
    return Status(
        StatusReport.of(reports.values()),
        _by_workspace(connections, reports),
        [
            ConnectionStatus(
                each.id,
                each.workspace,
                each.portal,
                each.standing.shown,
                _counts([reports[each.id]]),
            )
            for each in connections
        ],
    )


def _by_workspace(
    connections: Sequence[ConnectionInUse], reports: Mapping[str, StatusReport]
) -> Sequence[WorkspaceStatus]:
    names = sorted({each.workspace for each in connections})
    of_each = {name: [it.id for it in connections if it.workspace == name] for name in names}
    return [
        WorkspaceStatus(name, len(ids), _counts([reports[id_] for id_ in ids]))
        for name, ids in of_each.items()
    ]


def _counts(reports: Iterable[StatusReport]) -> Counts:
    every = list(reports)
    people = [report.counts() for report in every]
    sums = {name: int(sum(each[name] for each in people)) for name in SUMMED}
    return Counts(
        **sums,
        oldest_pending_seconds=max((it.oldest_pending_seconds for it in every), default=0.0),
        refusals=dict(Counter(row["reason"] for report in every for row in report.refused)),
        failures=dict(Counter(row["kind"] for report in every for row in report.failed)),
    )
