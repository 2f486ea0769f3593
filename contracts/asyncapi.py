"""How do other systems consume the events? The AsyncAPI 3 document describes every channel."""

import json
from typing import Any

from contracts import json_schema
from contracts.identity_changed import EVENT_NAME, MAJOR_VERSION, VERSION
from contracts.topology import (
    ATTEMPTS_HEADER,
    CONTENT_TYPE,
    LANE_HEADER,
    REASON_HEADER,
    Lane,
    Topology,
)

TOPOLOGY = Topology()
"""The names of an installation that has not chosen another prefix."""

MESSAGE = "identityChanged"
DEAD_LETTERS = "dead-letters"

DESCRIPTION = (
    "The one event of Muster: the newest released state of an identity, complete. Delivery is at"
    " least once and in no order; an event that is not newer than the version already seen is"
    " obsolete."
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
            **{f"lane-{lane}": _lane(lane) for lane in Lane},
            DEAD_LETTERS: _dead_letters(),
        },
        "operations": {
            **{f"publish-{lane}": _publish(lane) for lane in Lane},
            **{f"apply-{lane}": _apply(lane) for lane in Lane},
        },
        "components": {"messages": {MESSAGE: _message()}},
    }


# --- channels -----------------------------------------------------------------------------


def _events(lane: Lane) -> dict[str, Any]:
    exchange = {"name": TOPOLOGY.events, "type": "topic", "durable": True}
    return {
        "address": TOPOLOGY.routing_key(lane),
        "description": f"Every event of the lane {lane} is published here; bind a queue to it.",
        "messages": _messages(),
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _lane(lane: Lane) -> dict[str, Any]:
    description = f"Events of the lane {lane} that the workers have yet to apply."
    return _queue(TOPOLOGY.lane(lane), description, _messages())


def _dead_letters() -> dict[str, Any]:
    description = (
        "Messages that cannot be read, or were never answered. On those that a worker set aside,"
        f" the headers `{LANE_HEADER}` and `{REASON_HEADER}` name the lane and the reason."
    )
    return _queue(TOPOLOGY.dead_letters, description, {})


def _queue(name: str, description: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": name,
        "description": description,
        "messages": messages,
        "bindings": {"amqp": {"is": "queue", "queue": {"name": name, "durable": True}}},
    }


def _messages() -> dict[str, Any]:
    return {MESSAGE: {"$ref": f"#/components/messages/{MESSAGE}"}}


# --- operations and the message -----------------------------------------------------------


def _publish(lane: Lane) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/events-{lane}"},
        "summary": f"The relay publishes the events of the lane {lane}.",
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
    }


def _apply(lane: Lane) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/lane-{lane}"},
        "summary": f"A worker applies the events of the lane {lane}.",
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
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{json_schema.path().name}"},
        },
    }
