"""What was published of the event, version by version? Its schema, and events that were recorded.

``python -m tests.compatibility.published`` records the version of the code, if it is a new one.
What is here once is never written again: others may have built on it.
"""

import json
from pathlib import Path

from contracts import json_schema
from contracts.identities_changed import join
from contracts.identity_changed import MAJOR_VERSION, VERSION, encode
from tests.compatibility.samples import PUBLIC_URL, SAMPLES, TRACE

HERE = Path(__file__).parent
EVENTS, SCHEMAS, BUNDLES = HERE / "events", HERE / "schemas", HERE / "bundles"


def schema_of(version: str) -> Path:
    """Return where the schema of a version lies."""
    return SCHEMAS / f"identity_changed.{version}.json"


def bundle_schema_of(version: str) -> Path:
    """Return where the schema of a version's bundles lies."""
    return SCHEMAS / f"identities_changed.{version}.json"


def bundle_of(version: str) -> Path:
    """Return where a bundle of a version's events lies."""
    return BUNDLES / f"{version}.json"


def versions_with_schema() -> list[str]:
    """Return the versions whose schema was recorded, the oldest first."""
    names = (path.name for path in SCHEMAS.glob("identity_changed.*.json"))
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
    _write_new(schema_of(VERSION), json_schema.text())
    _write_new(bundle_schema_of(VERSION), json_schema.bundle_text())
    (EVENTS / VERSION).mkdir(exist_ok=True)
    for name, event in SAMPLES.items():
        _write_new(EVENTS / VERSION / f"{name}.json", _indented(encode(event, TRACE, PUBLIC_URL)))
    bodies = [encode(event, TRACE, PUBLIC_URL) for event in SAMPLES.values()]
    _write_new(bundle_of(VERSION), _indented(join(bodies)))


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as recorded:
        recorded.write(text)


def _indented(body: bytes) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    record()
