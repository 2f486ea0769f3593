"""How do several events travel in one message? A bundle is a JSON array of the single events.

It has the batched format of CloudEvents 1.0 in JSON (``application/cloudevents-batch+json``), since
version 1.2 of the event. Only messages of queues and routing keys for bundles have it.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from contracts.identity_changed import (
    IdentityChangedEnvelope,
    UndecodableEvent,
    decode,
)
from contracts.topology import Lane

LARGEST_BUNDLE = {Lane.URGENT: 20, Lane.BULK: 200}
"""Events of a bundle: as many as a worker applies in one transaction, and fewer leavers, so that
none waits for many others."""

LARGEST_BUNDLE_BYTES = 1024 * 1024
"""Bytes of a bundle. An event that is larger travels alone."""

Decoded = IdentityChangedEnvelope | UndecodableEvent

_BUNDLES: TypeAdapter[list[IdentityChangedEnvelope]] = TypeAdapter(list[IdentityChangedEnvelope])


def join(bodies: Sequence[bytes]) -> bytes:
    """Return encoded events of one lane and one workspace as a bundle."""
    return b"[" + b",".join(bodies) + b"]"


def size_with(size: int, event: int) -> int:
    """Return the bytes of a bundle that gets one more event.

    :param size: the bytes of the bundle so far; 0 where it has no event yet.
    :param event: the bytes of the event.
    """
    return size + event + (1 if size else 2)


def is_bundle(body: bytes) -> bool:
    """Return whether a message holds a bundle, and not a single event."""
    return body.lstrip()[:1] == b"["


def decode_all(body: bytes) -> Sequence[Decoded]:
    """Read the events of a message. An event of a bundle that cannot be read is an error there.

    :raises UndecodableEvent: when a single event cannot be read, or a bundle is no JSON, or empty.
    """
    if not is_bundle(body):
        return [decode(body)]
    try:
        events: Sequence[Decoded] = _BUNDLES.validate_json(body)
    except ValidationError:
        events = [_decoded(part) for part in split(body)]
    if not events:
        raise UndecodableEvent("an empty bundle")
    return events


def split(body: bytes) -> Sequence[bytes]:
    """Return the events of a bundle, each in an encoding of its own and with all of its fields.

    :raises UndecodableEvent: when the bundle is no JSON.
    """
    try:
        return [to_json(event) for event in from_json(body)]
    except ValueError as error:
        raise UndecodableEvent("not JSON") from error


def _decoded(body: bytes) -> Decoded:
    try:
        return decode(body)
    except UndecodableEvent as error:
        return error
