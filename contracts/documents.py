"""What of the contract is published as files? Each of them, with the text that it should have.

``make schemas`` runs this; a test fails while a file is not what the code says.
"""

from collections.abc import Mapping
from pathlib import Path

from contracts import asyncapi, json_schema


def documents() -> Mapping[Path, str]:
    """Return every published document: where it lies, and its text."""
    folder = json_schema.path().parent
    return {json_schema.path(): json_schema.text(), folder / "asyncapi.json": asyncapi.text()}


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
