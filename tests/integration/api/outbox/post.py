"""What does a relay give to its publisher? A publisher keeps it and answers as told."""

import asyncio
from collections.abc import Callable, Sequence

from contracts.identities_changed import decode_all
from contracts.identity_changed import IdentityChangedEnvelope
from contracts.transport import Confirmed, Parcel, PublishOutcome, TransportState


class Post:
    """A publisher that keeps what it is given, and answers parcel by parcel as it is told."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.takes_bundles = True
        self.answer: Callable[[Parcel], PublishOutcome] = lambda _parcel: Confirmed()
        self._arrival = asyncio.Event()

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.parcels += parcels
        self._arrival.set()
        return [self.answer(parcel) for parcel in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True, takes_bundles=self.takes_bundles)

    async def arrived(self, parcels: int) -> None:
        """Wait until so many parcels have come."""
        while len(self.parcels) < parcels:
            await self._arrival.wait()
            self._arrival.clear()

    @property
    def identities(self) -> list[list[str]]:
        """Return the identities of each parcel."""
        return [_identities(parcel) for parcel in self.parcels]


def _identities(parcel: Parcel) -> list[str]:
    decoded = decode_all(parcel.body)
    return [it.data.identity for it in decoded if isinstance(it, IdentityChangedEnvelope)]
