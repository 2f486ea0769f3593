"""What does the event look like to other systems? Its JSON Schema describes every field."""

import json
from pathlib import Path

from contracts.identity_changed import MAJOR_VERSION, IdentityChangedEnvelope

FOLDER = Path(__file__).with_name("schemas")


def path() -> Path:
    """Return the file of the schema of the current major version."""
    return FOLDER / f"identity_changed.v{MAJOR_VERSION}.json"


def text() -> str:
    """Return the schema as published, in JSON, with the fields as they appear on the wire."""
    schema = IdentityChangedEnvelope.model_json_schema(mode="validation")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"
