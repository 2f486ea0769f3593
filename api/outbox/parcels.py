"""How do leased marks become parcels? Few large parcels at once spare memory and the event loop."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from api.outbox.events import Draft, read_drafts, read_whole
from api.outbox.leasing import Mark
from contracts.identity_changed import encode, message_id
from contracts.time_slice import TimeSlice
from contracts.topology import Lane
from contracts.transport import Parcel, Rejected

LARGEST_EVENT = 8 * 1024 * 1024
"""Bytes of an event: half of the default max_message_size of RabbitMQ 4.0 and later."""

TOO_LARGE = Rejected("the event is larger than MUSTER_LARGEST_EVENT allows")


@dataclass(frozen=True, slots=True)
class Load:
    """The drafts of a batch to render, and the marks that have to wait for the next batch."""

    drafts: Sequence[Draft]
    left_over: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Packed:
    """A mark and its parcel, which is None where its size in bytes is too large."""

    mark: Mark
    parcel: Parcel | None
    size: int


async def load(db: AsyncConnection, marks: Sequence[Mark], largest: int) -> Load:
    """Read the drafts of marks; a batch, to fit into memory, has at most one with heavy groups.

    :param largest: the bytes of the largest event.
    """
    drafts: list[Draft] = []
    left_over: list[Mark] = []
    has_heavy = False
    for draft in await read_drafts(db, marks) if marks else ():
        if draft.groups is not None or draft.weight > largest:
            drafts.append(draft)
        elif has_heavy:
            left_over.append(draft.mark)
        else:
            has_heavy = True
            drafts.append(await read_whole(db, draft))
    return Load(drafts, left_over)


async def pack(drafts: Sequence[Draft], lane: Lane, largest: int) -> Sequence[Packed]:
    """Render and encode drafts, and give way to other tasks after some milliseconds."""
    time_slice, packed = TimeSlice(), []
    for draft in drafts:
        if draft.groups is None:
            packed.append(Packed(draft.mark, None, draft.weight))
        elif draft.is_heavy:
            packed.append(await asyncio.to_thread(_packed, draft, lane, largest))
        else:
            packed.append(_packed(draft, lane, largest))
        await time_slice.pause_if_over()
    return packed


def _packed(draft: Draft, lane: Lane, largest: int) -> Packed:
    event, mark = draft.render(), draft.mark
    body = encode(event, mark.trace)
    parcel = Parcel(message_id(event), lane, body, mark.attempts)
    return Packed(mark, parcel if len(body) <= largest else None, len(body))
