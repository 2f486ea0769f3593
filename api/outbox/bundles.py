"""Which events travel together? Events of one workspace share a bundle, up to its bounds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.outbox.parcels import Packed
from contracts.identities_changed import join, size_with
from contracts.topology import Lane
from contracts.transport import Apart, EventOutcome, Parcel, PublishOutcome


@dataclass(slots=True)
class Shipment:
    """The events of one parcel, and the bytes that they take as a bundle."""

    events: list[Packed] = field(default_factory=list)
    size: int = 0

    def add(self, event: Packed) -> None:
        """Add an event behind the others."""
        self.events.append(event)
        self.size = size_with(self.size, event.size)

    def has_room_for(self, event: Packed, most: int, largest: int) -> bool:
        """Return whether an event still fits into the bundle."""
        return len(self.events) < most and size_with(self.size, event.size) <= largest

    def parcel(self, lane: Lane) -> Parcel:
        """Return the events as a single event, or as a bundle."""
        first, *others = self.events
        if not others:
            return Parcel(first.message_id, lane, first.body, first.mark.attempts)
        return Parcel(
            first.message_id,
            lane,
            join([it.body for it in self.events]),
            events=len(self.events),
        )


def shipments(events: Sequence[Packed], most: int, largest: int) -> list[Shipment]:
    """Share events out to parcels, in the order of the first event of each.

    An event that is tried again travels alone, so that its attempts are counted for it alone.

    :param most: the number of events of a bundle; 1 where each event travels alone.
    :param largest: the bytes of a bundle.
    """
    made: list[Shipment] = []
    open_ones: dict[str, Shipment] = {}
    for event in events:
        shipment = open_ones.get(event.workspace)
        alone = event.mark.attempts > 0
        if shipment is None or alone or not shipment.has_room_for(event, most, largest):
            shipment = Shipment()
            made.append(shipment)
            if not alone:
                open_ones[event.workspace] = shipment
        shipment.add(event)
    return made


def outcomes_of(shipment: Shipment, outcome: PublishOutcome) -> Sequence[EventOutcome]:
    """Return the outcome of each event of a parcel."""
    if isinstance(outcome, Apart):
        return outcome.outcomes
    return [outcome] * len(shipment.events)
