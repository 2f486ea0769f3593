"""What do events look like to other systems? JSON Schemas describe every field, and bundles."""

import json
from pathlib import Path
from typing import Any

from contracts.identities_changed import LARGEST_BUNDLE
from contracts.identity_changed import MAJOR_VERSION, IdentityChangedEnvelope

FOLDER = Path(__file__).with_name("schemas")
DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}

BUNDLE = {
    "title": "IdentitiesChangedBundle",
    "description": "Events of one lane and one workspace, as a batch of CloudEvents 1.0 in JSON.",
    "type": "array",
    "items": {"$ref": "#/$defs/IdentityChangedEnvelope"},
    "minItems": 1,
    "maxItems": max(LARGEST_BUNDLE.values()),
}


def path() -> Path:
    """Return the file of the schema of the current major version."""
    return FOLDER / f"identity_changed.v{MAJOR_VERSION}.json"


def text() -> str:
    """Return the schema as published, in JSON, with the fields as they appear on the wire."""
    return _written(IdentityChangedEnvelope.model_json_schema(mode="validation"))


def bundle_path() -> Path:
    """Return the file of the schema of bundles."""
    return FOLDER / f"identities_changed.v{MAJOR_VERSION}.json"


def bundle_text() -> str:
    """Return the schema of bundles as published, in JSON. Each event keeps to the schema of one."""
    event = IdentityChangedEnvelope.model_json_schema(mode="validation")
    definitions = event.pop("$defs")
    return _written(BUNDLE | {"$defs": definitions | {"IdentityChangedEnvelope": event}})


def _written(schema: dict[str, Any]) -> str:
    return json.dumps(DIALECT | schema, indent=2, ensure_ascii=False) + "\n"
