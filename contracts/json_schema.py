"""What do events look like to other systems? JSON Schemas describe every field, and bundles.

The schemas describe what the encoder writes, which is more than what the decoder asks for: a field
with a default is always there, and a field without a value is left out, and never null.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

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


class AsWritten(GenerateJsonSchema):
    """Describes values as ``encode`` writes them, where the library asks what it could read."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # noqa: FBT001  # the library's own signature
    ) -> bool:
        """Return whether a field is always there: all are, except those that may be None."""
        schema = field["schema"]
        return schema["type"] != "default" or schema.get("default") is not None

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Return the schema without null, in whose place a field is left out."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema without its default: a reader need not put anything in its place."""
        return self.generate_inner(schema["schema"])


def path() -> Path:
    """Return the file of the schema of the current major version."""
    return FOLDER / f"identity_changed.v{MAJOR_VERSION}.json"


def text() -> str:
    """Return the schema as published, in JSON, with the fields as they appear on the wire."""
    return _written(_event())


def bundle_path() -> Path:
    """Return the file of the schema of bundles."""
    return FOLDER / f"identities_changed.v{MAJOR_VERSION}.json"


def bundle_text() -> str:
    """Return the schema of bundles as published, in JSON. Each event keeps to its own schema."""
    event = _event()
    definitions = event.pop("$defs")
    return _written(BUNDLE | {"$defs": definitions | {"IdentityChangedEnvelope": event}})


def _event() -> dict[str, Any]:
    return IdentityChangedEnvelope.model_json_schema(schema_generator=AsWritten)


def _written(schema: dict[str, Any]) -> str:
    return json.dumps(DIALECT | schema, indent=2, ensure_ascii=False) + "\n"
