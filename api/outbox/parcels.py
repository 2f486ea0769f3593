"""How do leased marks become bytes? Few large events at once spare memory and the event loop."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from api.outbox.events import Draft, drafts_of, read_whole
from api.outbox.leasing import Leased, Mark
from contracts.identity_changed import encode, message_id
from contracts.time_slice import TimeSlice
from contracts.transport import Rejected

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
    """A mark and its encoded event; an event that is too large has no body, but a size in bytes."""

    mark: Mark
    workspace: str
    message_id: str
    body: bytes
    size: int
    is_too_large: bool = False


async def load(db: AsyncConnection, leased: Leased, largest: int) -> Load:
    """Return the drafts of leased marks; a batch, to fit into memory, has one heavy one at most.

    :param largest: the bytes of the largest event.
    """
    drafts: list[Draft] = []
    left_over: list[Mark] = []
    has_heavy = False
    for draft in await drafts_of(db, leased):
        if draft.groups is not None or draft.weight > largest:
            drafts.append(draft)
        elif has_heavy:
            left_over.append(draft.mark)
        elif whole := await read_whole(db, draft):
            has_heavy = True
            drafts.append(whole)
    return Load(drafts, left_over)


async def pack(drafts: Sequence[Draft], largest: int, public_url: str) -> Sequence[Packed]:
    """Render and encode drafts, and give way to other tasks after some milliseconds.

    :param largest: the bytes of the largest event.
    :param public_url: that of the installation, with which the source of each event begins.
    """
    time_slice, packed = TimeSlice(), []
    for draft in drafts:
        if draft.groups is None:
            packed.append(_too_large(draft, draft.weight))
        elif draft.is_heavy:
            packed.append(await asyncio.to_thread(_packed, draft, largest, public_url))
        else:
            packed.append(_packed(draft, largest, public_url))
        await time_slice.pause_if_over()
    return packed


def _packed(draft: Draft, largest: int, public_url: str) -> Packed:
    event = draft.render()
    body = encode(event, draft.mark.trace, public_url)
    if len(body) > largest:
        return _too_large(draft, len(body))
    return Packed(draft.mark, draft.workspace, message_id(event), body, len(body))


def _too_large(draft: Draft, size: int) -> Packed:
    return Packed(draft.mark, draft.workspace, "", b"", size, is_too_large=True)
