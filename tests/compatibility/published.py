"""What was published of the event, version by version? Its schema, and events that were recorded.

``python -m tests.compatibility.published`` records the version of the code, if it is a new one.
What is here once is never written again: others may have built on it.
"""

import json
from pathlib import Path

from contracts import json_schema
from contracts.identity_changed import MAJOR_VERSION, VERSION, encode
from tests.compatibility.samples import SAMPLES, TRACE

HERE = Path(__file__).parent
EVENTS, SCHEMAS = HERE / "events", HERE / "schemas"


def schema_of(version: str) -> Path:
    """Return where the schema of a version lies."""
    return SCHEMAS / f"identity_changed.{version}.json"


def versions_with_schema() -> list[str]:
    """Return the versions whose schema was recorded, the oldest first."""
    names = (path.name for path in SCHEMAS.iterdir())
    found = [name.removeprefix("identity_changed.").removesuffix(".json") for name in names]
    return sorted(found, key=_numbers)


def versions_with_events() -> list[str]:
    """Return the versions of which events were recorded, the oldest first."""
    return sorted((path.name for path in EVENTS.iterdir()), key=_numbers)


def versions_of_this_major() -> list[str]:
    """Return the versions that this code promises to get along with."""
    return [it for it in versions_with_schema() if _numbers(it)[0] == MAJOR_VERSION]


def record() -> None:
    """Record the version of the code: its schema, and what its encoder makes of each sample."""
    with schema_of(VERSION).open("x", encoding="utf-8") as schema:
        schema.write(json_schema.text())
    folder = EVENTS / VERSION
    folder.mkdir(exist_ok=True)
    for name, event in SAMPLES.items():
        text = json.dumps(json.loads(encode(event, TRACE)), indent=2, ensure_ascii=False) + "\n"
        with (folder / f"{name}.json").open("x", encoding="utf-8") as recorded:
            recorded.write(text)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    record()
