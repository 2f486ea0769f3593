"""Which documents does the contract publish? JSON Schemas and an AsyncAPI document describe it.

``make schemas`` writes them; a test fails while a file differs from the code.
"""

from collections.abc import Mapping
from pathlib import Path

from contracts import asyncapi, json_schema


def documents() -> Mapping[Path, str]:
    """Return the text of every published document by its path."""
    folder = json_schema.path().parent
    return {
        json_schema.path(): json_schema.text(),
        json_schema.bundle_path(): json_schema.bundle_text(),
        folder / "asyncapi.json": asyncapi.text(),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
