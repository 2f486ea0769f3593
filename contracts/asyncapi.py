"""How do other systems consume the events? The AsyncAPI 3 document describes every channel."""

import json
from typing import Any

from contracts import json_schema
from contracts.identities_changed import LARGEST_BUNDLE, LARGEST_BUNDLE_BYTES
from contracts.identity_changed import EVENT_NAME, MAJOR_VERSION, VERSION
from contracts.topology import (
    ATTEMPTS_HEADER,
    BUNDLE_CONTENT_TYPE,
    CONTENT_TYPE,
    LANE_HEADER,
    REASON_HEADER,
    Lane,
    Topology,
)

TOPOLOGY = Topology()
"""The names of an installation that has not chosen another prefix."""

MESSAGE = "identityChanged"
BUNDLE_MESSAGE = "identitiesChanged"
BUNDLE_NAME = "muster.identities-changed"
DEAD_LETTERS = "dead-letters"
OF_CONSUMERS = "of-consumers"

DESCRIPTION = (
    "The one event of Muster: the newest released state of an identity, complete. Delivery is at"
    " least once and in no order; an event that is not newer than the version already seen is"
    " obsolete."
    " Since version 1.2, several events of one lane and one workspace may travel in one message, a"
    " bundle, which has a routing key of its own: a consumer binds its queue to the routing keys of"
    " single events and to those of bundles, because an event is published under one of the two."
    " With MUSTER_LARGEST_BUNDLE=1 every event travels alone, for consumers that read one event a"
    " message."
    " Since version 1.3 the schemas require every field that is always there, and `source` is the"
    " base URL of the connection, which tells the events of one installation from those of another."
    " docs/consuming-events.md of Muster tells how a consumer reads them."
    " Exchange and queues are named for the prefix `muster` (MUSTER_BROKER_PREFIX)."
)


def text() -> str:
    """Return the document as it is published, in JSON."""
    return json.dumps(_document(), indent=2, ensure_ascii=False) + "\n"


def _document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Muster", "version": f"{VERSION}.0", "description": DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            **{f"events-{lane}": _events(lane) for lane in Lane},
            **{f"bundles-{lane}": _bundles(lane) for lane in Lane},
            **{f"lane-{lane}": _lane(lane) for lane in Lane},
            **{f"lane-{lane}-bundles": _lane_of_bundles(lane) for lane in Lane},
            DEAD_LETTERS: _dead_letters(),
            OF_CONSUMERS: _of_consumers(),
        },
        "operations": {
            **{f"publish-{lane}": _publish(lane) for lane in Lane},
            **{f"publish-{lane}-bundles": _publish_bundles(lane) for lane in Lane},
            **{f"apply-{lane}": _apply(lane) for lane in Lane},
            **{f"apply-{lane}-bundles": _apply_bundles(lane) for lane in Lane},
            "consume": _receive(OF_CONSUMERS, "Another system reads the events of its own queue."),
        },
        "components": {"messages": {MESSAGE: _message(), BUNDLE_MESSAGE: _bundle_message()}},
    }


# --- channels -----------------------------------------------------------------------------


def _events(lane: Lane) -> dict[str, Any]:
    description = (
        f"Every event of the lane {lane} that travels alone is published here; bind a queue to it."
    )
    return _routing_key(TOPOLOGY.routing_key(lane), description, MESSAGE)


def _bundles(lane: Lane) -> dict[str, Any]:
    description = (
        f"All other events of the lane {lane} are published here, in bundles; bind a queue to it."
    )
    return _routing_key(TOPOLOGY.bundles_routing_key(lane), description, BUNDLE_MESSAGE)


def _lane(lane: Lane) -> dict[str, Any]:
    description = f"Events of the lane {lane} that the workers have yet to apply."
    return _queue(TOPOLOGY.lane(lane), description, _messages(MESSAGE))


def _lane_of_bundles(lane: Lane) -> dict[str, Any]:
    description = f"Bundles of the lane {lane} that the workers have yet to apply."
    return _queue(TOPOLOGY.bundles(lane), description, _messages(BUNDLE_MESSAGE))


def _dead_letters() -> dict[str, Any]:
    description = (
        "Messages that cannot be read, or were never answered. On those that a worker set aside,"
        f" the headers `{LANE_HEADER}` and `{REASON_HEADER}` name the lane and the reason."
    )
    return _queue(TOPOLOGY.dead_letters, description, {})


def _of_consumers() -> dict[str, Any]:
    description = (
        "A queue of another system, which makes it and binds it to the routing keys above. The"
        " broker's user `muster-consumer` may do so for queues of such names, and no others."
    )
    return {
        "address": f"{TOPOLOGY.of_consumers}{{system}}",
        "description": description,
        "parameters": {"system": {"description": "A name that tells the system from others."}},
        "messages": _messages(MESSAGE) | _messages(BUNDLE_MESSAGE),
        "bindings": {"amqp": {"is": "queue", "queue": {"durable": True}}},
    }


def _routing_key(address: str, description: str, message: str) -> dict[str, Any]:
    exchange = {"name": TOPOLOGY.events, "type": "topic", "durable": True}
    return {
        "address": address,
        "description": description,
        "messages": _messages(message),
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _queue(name: str, description: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": name,
        "description": description,
        "messages": messages,
        "bindings": {"amqp": {"is": "queue", "queue": {"name": name, "durable": True}}},
    }


def _messages(name: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"}}


# --- operations and the messages ----------------------------------------------------------


def _publish(lane: Lane) -> dict[str, Any]:
    return _send(f"events-{lane}", f"The relay publishes the events of the lane {lane}.")


def _publish_bundles(lane: Lane) -> dict[str, Any]:
    summary = (
        f"The relay publishes several events of the lane {lane} as a bundle, while a worker that"
        " reads bundles is connected."
    )
    return _send(f"bundles-{lane}", summary)


def _apply(lane: Lane) -> dict[str, Any]:
    return _receive(f"lane-{lane}", f"A worker applies the events of the lane {lane}.")


def _apply_bundles(lane: Lane) -> dict[str, Any]:
    summary = (
        f"A worker applies the events of a bundle of the lane {lane}. An event that fails leaves"
        " its bundle, and is tried again alone."
    )
    return _receive(f"lane-{lane}-bundles", summary)


def _send(channel: str, summary: str) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
    }


def _receive(channel: str, summary: str) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "bindings": {"amqp": {"ack": True, "bindingVersion": "0.3.0"}},
    }


def _message() -> dict[str, Any]:
    attempts = {"type": "integer", "description": "The number of earlier attempts to apply it."}
    return {
        "name": f"{EVENT_NAME}.v{MAJOR_VERSION}",
        "title": "An identity changed",
        "summary": "A CloudEvent 1.0 in structured JSON.",
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": {ATTEMPTS_HEADER: attempts}},
        "payload": _payload(json_schema.path().name),
    }


def _bundle_message() -> dict[str, Any]:
    most = ", ".join(f"{number} in the lane {lane}" for lane, number in LARGEST_BUNDLE.items())
    return {
        "name": f"{BUNDLE_NAME}.v{MAJOR_VERSION}",
        "title": "Several identities changed",
        "summary": "A batch of CloudEvents 1.0 in JSON: the single events in an array.",
        "description": "All events are of one lane and one workspace."
        f" A bundle has at most {most}, and at most {LARGEST_BUNDLE_BYTES} bytes.",
        "contentType": BUNDLE_CONTENT_TYPE,
        "payload": _payload(json_schema.bundle_path().name),
    }


def _payload(schema: str) -> dict[str, Any]:
    return {
        "schemaFormat": "application/schema+json;version=draft-2020-12",
        "schema": {"$ref": f"./{schema}"},
    }
