"""What would happen downstream? Changes are imagined on a snapshot, planned, and never made.

Rules may change, people may leave, and a connection may go live, each alone or all together.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import ConnectionInUse, check_policy
from api.admin.find_person import people_named
from api.admin.imagined_brakes import imagined_brakes
from api.admin.imagined_events import ImaginedChange, imagined_events
from api.admin.preview_turns import Effects
from api.admin.rule_choices import RuleChoices, merged
from api.admin.rules import rules_from
from api.admin.scope import connection_for
from api.admin.seen_names import check_groups
from api.directory.connection_states import ConnectionState
from api.errors import ConnectionCloses, ConnectionOff, NothingToPreview
from api.reconciliation.leavers import unknown_leavers
from contracts.downstream.preview import PlannedEffect


@dataclass(frozen=True, slots=True)
class WhatIf:
    """An imagined change: choices of rules, leavers, and whether the connection goes live.

    ``leavers`` are ids, userNames, e-mails or externalIds of people of the connection.
    """

    rules: RuleChoices = field(default_factory=RuleChoices)
    leavers: Sequence[str] = ()
    goes_live: bool = False

    @property
    def changes_rules(self) -> bool:
        """Return whether a choice of rules is given."""
        return self.rules != RuleChoices()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is imagined."""
        return not (self.changes_rules or self.leavers or self.goes_live)


async def preview(it: Administration, actor: Actor, connection_id: str, asked: WhatIf) -> Effects:
    """Return the effects that changes of a connection would have downstream, computed one by one.

    They wait for their turn, while another preview of the process is computed.

    The rules change first, then the people leave in their order, as far as the brake lets them.
    Losses that it would hold are told as such. While the connection is paused or observing, the
    effects are those that the changes have once it is live; other waiting changes are among them
    only if it goes live as well. Nothing is written, and no row is locked.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NothingToPreview: when nothing is imagined.
    :raises ConnectionCloses: when the connection is being deleted.
    :raises ConnectionOff: when it is switched off, and would go live, or its provider be answered.
    :raises UnusableRules: when the choices make no rules for its portal.
    :raises UnknownPolicy: when they name a policy that its workspace does not have.
    :raises UnknownPerson: when no person of the connection has one of the names.
    :raises AmbiguousPerson: when several people have one of the names.
    """
    async with it.directory.read() as db:
        found = await connection_for(db, actor, connection_id, Power.VIEW)
    _check(found, asked)
    people = await people_named(it, connection_id, asked.leavers) if asked.leavers else ()
    rules, left_alone = found.rules, frozenset[str]()
    if asked.changes_rules:
        async with it.directory.read() as db:
            await check_groups(db, found, asked.rules)
        rules = rules_from(found.portal, merged(found.rules, asked.rules))
        await check_policy(it.downstream.policies, found.workspace, rules)
        states = it.downstream.states
        unknown = await unknown_leavers(it.directory, states, connection_id, clock=it.clock)
        left_alone = frozenset(leaver.identity for leaver in unknown)
    change = ImaginedChange(
        connection_id,
        rules,
        it.clock(),
        changed=asked.changes_rules,
        left_alone=left_alone,
        leavers=tuple(dict.fromkeys(person.identity for person in people)),
        goes_live=asked.goes_live,
    )
    return Effects(_effects(it, change), it.preview_turns)


def _check(connection: ConnectionInUse, asked: WhatIf) -> None:
    """Check that a connection can be changed as it is imagined."""
    if asked.is_empty:
        raise NothingToPreview
    standing = connection.standing
    if standing.state is ConnectionState.CLOSING:
        raise ConnectionCloses
    if standing.switched_off_at is not None and (asked.goes_live or asked.leavers):
        raise ConnectionOff


async def _effects(it: Administration, change: ImaginedChange) -> AsyncGenerator[PlannedEffect]:
    downstream = it.downstream
    async with it.directory.snapshot() as db:
        brakes = await imagined_brakes(db, change.connection, change.now, change.leavers)
        events = imagined_events(db, change, brakes, downstream.devices)
        async for effect in downstream.preview.of(events):
            for held in brakes.taken():
                yield held
            yield effect
        for held in brakes.taken():
            yield held
