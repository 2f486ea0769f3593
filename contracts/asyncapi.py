"""How do others listen to the events? An AsyncAPI 3 document, made from topology and event."""

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

ABOUT = (
    "The one event of Muster: the newest released state of an identity, complete. Delivery is at"
    " least once and in no order; whatever is not newer than the version already seen is obsolete."
    " Exchange and queues are named for the prefix `muster` (MUSTER_BROKER_PREFIX)."
)


def text() -> str:
    """Return the document as it is published, in JSON."""
    return json.dumps(_document(), indent=2, ensure_ascii=False) + "\n"


def _document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Muster", "version": f"{VERSION}.0", "description": ABOUT},
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
        "description": f"Where every event of the lane {lane} is published; bind a queue to it.",
        "messages": _messages(),
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _lane(lane: Lane) -> dict[str, Any]:
    about = f"What the workers have yet to apply of the lane {lane}."
    return _queue(TOPOLOGY.lane(lane), about, _messages())


def _dead_letters() -> dict[str, Any]:
    about = (
        "What cannot be read, or was never answered. Where a worker put it aside, the headers"
        f" `{LANE_HEADER}` and `{REASON_HEADER}` say from where and why."
    )
    return _queue(TOPOLOGY.dead_letters, about, {})


def _queue(name: str, about: str, messages: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": name,
        "description": about,
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
        "summary": f"The relay publishes what changed in the lane {lane}.",
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": "0.3.0"}},
    }


def _apply(lane: Lane) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/lane-{lane}"},
        "summary": f"A worker applies what changed in the lane {lane}.",
        "bindings": {"amqp": {"ack": True, "bindingVersion": "0.3.0"}},
    }


def _message() -> dict[str, Any]:
    tries = {"type": "integer", "description": "How many tries asked for another one before."}
    return {
        "name": f"{EVENT_NAME}.v{MAJOR_VERSION}",
        "title": "An identity changed",
        "summary": "A CloudEvent 1.0 in structured JSON.",
        "contentType": CONTENT_TYPE,
        "headers": {"type": "object", "properties": {ATTEMPTS_HEADER: tries}},
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{json_schema.path().name}"},
        },
    }
