"""Which losses would the brake hold? Imagined losses are judged in turn, as a relay would.

No row of a brake is locked, and nothing is noted. Each loss counts for those that come after it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.brake_limits import Effect
from api.directory.identity_changes import IdentityState
from api.directory.leavings import Leaving
from api.outbox.brake_rows import read_brake
from api.outbox.events import Draft
from api.outbox.judge_admins import Changes, note_change
from api.outbox.judge_leavings import decided
from api.outbox.judgement import RoomLeft
from contracts.downstream.preview import EffectKind, PlannedEffect

BRAKE = "brake"
"""The reason of held effects."""


@dataclass(slots=True)
class ImaginedBrakes:
    """The brakes of a connection while a change is imagined.

    ``holds`` are the held effects that were not taken yet.
    """

    left: RoomLeft
    holds: list[PlannedEffect] = field(default_factory=list)

    def judge_leaving(
        self, draft: Draft, state: IdentityState, published: int, devices: int
    ) -> IdentityState:
        """Return the state that is told of a person, given the whole one after an imagined change.

        :param published: the version that was published last.
        :param devices: how many devices would be removed with the person.
        """
        if state.leaving is not Leaving.UNJUDGED:
            return state
        id_ = draft.mark.identity_id
        holding = None
        if published < state.deactivated_at:
            holding = self.left.judge({Effect.DEACTIVATION: 1, Effect.DEVICE: devices})
        held = {} if holding is None else {id_: holding}
        outcome = decided({id_: state}, held, {id_: published})
        if holding is not None and id_ in outcome.held:
            self._tell(draft, state, holding)
        return outcome.states[id_].released

    def judge_admin(self, draft: Draft) -> Draft:
        """Judge a draft's change of the Admin role, and return the draft as it is told."""
        changes: defaultdict[str, Changes] = defaultdict(Changes)
        note_change(draft, changes)
        mark = draft.mark
        id_, changed = mark.identity_id, changes.get(mark.connection_id)
        if changed is None:
            return draft
        if id_ in changed.lost and self.left.judge({Effect.ADMIN_ROLE: 1}) is not None:
            self._tell(draft, mark.state, Effect.ADMIN_ROLE)
            return replace(draft, mark=replace(mark, admin_hold=Leaving.HELD))
        line = changed.gained.get(id_)
        return replace(draft, mark=replace(mark, admin_line=line, admin_hold=None))

    def taken(self) -> Iterator[PlannedEffect]:
        """Yield the held effects that were not taken yet."""
        holds, self.holds = self.holds, []
        yield from holds

    def _tell(self, draft: Draft, state: IdentityState, effect: Effect) -> None:
        profile = state.profile if state.earlier is None else state.earlier.profile
        before = {"held": effect.value, "email": profile.email}
        mark = draft.mark
        held = PlannedEffect(
            mark.connection_id, mark.identity_id, EffectKind.HOLD, before, None, BRAKE
        )
        self.holds.append(held)


async def imagined_brakes(
    db: AsyncConnection, connection_id: str, now: int, approved: Collection[str]
) -> ImaginedBrakes:
    """Return the brakes of a connection as they are, without a lock on their rows.

    :param now: the time at which losses are imagined, in microseconds.
    :param approved: the ids of people whose losses are held no more.
    """
    brakes = {
        effect: await read_brake(db, connection_id, effect, now, except_for=approved)
        for effect in Effect
    }
    return ImaginedBrakes(
        RoomLeft({effect: brake.room for effect, brake in brakes.items() if brake is not None})
    )
