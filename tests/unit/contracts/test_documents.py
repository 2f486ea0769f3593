"""Are the published documents those of the code, and do they say what is true?"""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts import asyncapi
from contracts.documents import documents
from contracts.topology import Lane, Topology

ASYNCAPI: Any = json.loads(asyncapi.text())


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_a_published_document_is_the_one_of_the_code(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == documents()[path], "run: make schemas"


def _referred(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def test_every_operation_is_about_a_channel_and_every_message_has_a_published_payload() -> None:
    for operation in ASYNCAPI["operations"].values():
        channel = _referred(ASYNCAPI, operation["channel"]["$ref"])
        for message in channel["messages"].values():
            payload = _referred(ASYNCAPI, message["$ref"])["payload"]["schema"]["$ref"]
            assert payload.removeprefix("./") in {path.name for path in documents()}


def test_the_channels_are_where_the_topology_says() -> None:
    topology = Topology()
    addresses = {channel["address"] for channel in ASYNCAPI["channels"].values()}
    assert addresses == {
        *(topology.routing_key(lane) for lane in Lane),
        *(topology.bundles_routing_key(lane) for lane in Lane),
        *(topology.lane(lane) for lane in Lane),
        *(topology.bundles(lane) for lane in Lane),
        topology.dead_letters,
        f"{topology.of_consumers}{{system}}",
    }
