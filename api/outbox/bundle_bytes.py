"""How many bytes may a bundle have? A broken line halves them, good batches double them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.outbox.bundles import Shipment
from contracts.identities_changed import LARGEST_BUNDLE_BYTES
from contracts.transport import PublishOutcome, Rejected, Unknown

GROWS_AFTER = 50
"""Batches without a failure after which bundles may be twice as large. A broker that takes no full
bundle (max_message_size) then breaks the line under few batches, and a network that was cut costs
no more than small bundles for a while."""


@dataclass(frozen=True, slots=True)
class BundleBytes:
    """The most bytes of a lane's next bundles, and the good batches since they last changed.

    Each lane learns its own: parcels of the other lane that share a line with a bundle that breaks
    it say nothing about the size that the broker takes.
    """

    most: int = LARGEST_BUNDLE_BYTES
    good_batches: int = 0


Shipped = tuple[Shipment, PublishOutcome]
"""The events of a parcel, and its outcome."""


def next_bytes(bound: BundleBytes, shipped: Sequence[Shipped]) -> BundleBytes:
    """Return the bound for a lane's next batch.

    A line that broke under bundles halves the largest of them, down to events that travel alone. A
    batch of one event says nothing about bundles.
    """
    if broken := [it.size for it, outcome in shipped if _is_broken(it, outcome)]:
        return BundleBytes(max(1, min(bound.most, max(broken)) // 2))
    has_several = sum(len(it.events) for it, _ in shipped) > 1
    is_taken = not any(isinstance(outcome, Unknown | Rejected) for _, outcome in shipped)
    if bound.most == LARGEST_BUNDLE_BYTES or not (has_several and is_taken):
        return bound
    if bound.good_batches + 1 < GROWS_AFTER:
        return BundleBytes(bound.most, bound.good_batches + 1)
    return BundleBytes(min(bound.most * 2, LARGEST_BUNDLE_BYTES))


def _is_broken(shipment: Shipment, outcome: PublishOutcome) -> bool:
    is_bundle = len(shipment.events) > 1
    return is_bundle and isinstance(outcome, Unknown) and outcome.suspect
