"""Do old events reach new code, and new events old code? Of every version that was published."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import json_schema
from contracts.identities_changed import decode_all, join
from contracts.identity_changed import (
    MAJOR_VERSION,
    VERSION,
    IdentityChanged,
    IdentityChangedEnvelope,
    Trace,
    decode,
    encode,
)
from tests.compatibility.published import (
    EVENTS,
    bundle_of,
    bundle_schema_of,
    schema_of,
    versions_of_this_major,
    versions_with_events,
    versions_with_schema,
)
from tests.compatibility.samples import PUBLIC_URL, SAMPLES, TRACE, events, traces

PUBLISHED = ["1.0", "1.1", "1.2", "1.3"]
"""Every version of the event that anybody may have met."""

BUNDLED = ["1.2", "1.3"]
"""Every version of the event that may travel in bundles."""

RECORDED = sorted(EVENTS.glob(f"{MAJOR_VERSION}.*/*.json"))

LEFT_OUT = {
    *("IdentityChangedEnvelope.traceparent", "IdentityChanged.told_at"),
    *("DashboardTerms.highest_role", "Profile.email", "Profile.waiting_email"),
    *("Profile.display_name", "Profile.given_name", "Profile.family_name", "Profile.external_id"),
}
"""Every field that may be left out of an event."""

BY_HAND = {"no-more-than-required"}
"""Events that no encoder ever wrote: the decoder asks for less than the schema promises."""


def validator_of(version: str) -> jsonschema_rs.Draft202012Validator:
    """Return what holds events to the schema of a version, formats included."""
    return _validator(schema_of(version))


@cache
def _validator(path: Path) -> jsonschema_rs.Draft202012Validator:
    schema = json.loads(path.read_text())
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def is_within(part: Any, whole: Any) -> bool:
    """Say whether all of a part is there; objects may have more fields."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_within(part[key], whole[key]) for key in part)
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(is_within, part, whole))
    return bool(part == whole)


def encode_again(envelope: IdentityChangedEnvelope) -> bytes:
    """Return an event as the encoder writes it today, for the installation that it comes from."""
    path = f"/scim/v2/{envelope.data.connection}"
    return encode(envelope.data, envelope.trace, envelope.source.removesuffix(path))


# --- what was published -------------------------------------------------------------------


def test_every_published_version_has_its_schema_and_its_events() -> None:
    assert [versions_with_schema(), versions_with_events()] == [PUBLISHED, PUBLISHED]
    assert PUBLISHED[-1] == VERSION, "a new version: python -m tests.compatibility.published"


def test_the_schema_of_a_version_never_changes() -> None:
    recorded = schema_of(VERSION).read_text(encoding="utf-8")
    assert json_schema.text() == recorded, (
        "the event has changed: raise MINOR_VERSION where fields were added, else MAJOR_VERSION"
    )


def test_what_the_encoder_writes_of_a_version_never_changes() -> None:
    for name, event in SAMPLES.items():
        recorded = (EVENTS / VERSION / f"{name}.json").read_text(encoding="utf-8")
        assert json.loads(encode(event, TRACE, PUBLIC_URL)) == json.loads(recorded), name


def test_all_that_is_always_there_is_required_and_what_is_left_out_is_never_null() -> None:
    schema = json.loads(json_schema.bundle_text())
    optional = {
        f"{name}.{field}"
        for name, it in schema["$defs"].items()
        for field in it.get("properties", {})
        if field not in it.get("required", [])
    }
    assert optional == LEFT_OUT
    assert '"null"' not in json_schema.bundle_text() + json_schema.text()


def test_every_version_with_bundles_has_their_schema_and_a_bundle() -> None:
    for version in BUNDLED:
        recorded = json.loads(bundle_of(version).read_text(encoding="utf-8"))
        _validator(bundle_schema_of(version)).validate(recorded)
    assert BUNDLED[-1] == VERSION
    assert json_schema.bundle_text() == bundle_schema_of(VERSION).read_text(encoding="utf-8")


@pytest.mark.parametrize("version", BUNDLED)
def test_a_bundle_that_was_ever_recorded_stays_decodable(version: str) -> None:
    recorded = json.loads(bundle_of(version).read_text(encoding="utf-8"))
    decoded = decode_all(bundle_of(version).read_bytes())
    for event, envelope in zip(recorded, decoded, strict=True):
        assert isinstance(envelope, IdentityChangedEnvelope)
        assert is_within(event, json.loads(encode_again(envelope)))


@given(told=st.lists(st.tuples(events(), traces), min_size=1, max_size=3))
def test_any_bundle_is_one_to_every_earlier_schema(
    told: list[tuple[IdentityChanged, Trace]],
) -> None:
    body = json.loads(join([encode(event, trace, PUBLIC_URL) for event, trace in told]))
    for version in BUNDLED:
        _validator(bundle_schema_of(version)).validate(body)


# --- old events, new code -----------------------------------------------------------------


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_event_that_was_ever_recorded_stays_decodable(path: Path) -> None:
    recorded = json.loads(path.read_text())
    envelope = decode(path.read_bytes())
    assert is_within(recorded, json.loads(encode_again(envelope)))
    if path.stem not in BY_HAND:
        validator_of(VERSION).validate(recorded)


# --- new events, old code -----------------------------------------------------------------


@pytest.mark.parametrize("version", versions_of_this_major())
@pytest.mark.parametrize("name", SAMPLES)
def test_an_event_of_each_kind_is_one_to_every_earlier_schema(name: str, version: str) -> None:
    validator_of(version).validate(json.loads(encode(SAMPLES[name], TRACE, PUBLIC_URL)))


@given(event=events(), trace=traces)
def test_any_event_is_one_to_every_earlier_schema(event: IdentityChanged, trace: Trace) -> None:
    body = json.loads(encode(event, trace, PUBLIC_URL))
    for version in versions_of_this_major():
        validator_of(version).validate(body)


@pytest.mark.parametrize("version", versions_of_this_major())
def test_a_schema_lets_fields_be_added_and_nothing_else(version: str) -> None:
    event = json.loads(encode(SAMPLES["mdm-policy-changed"], TRACE, PUBLIC_URL))
    data, validator = event["data"], validator_of(version)
    assert validator.is_valid(event | {"new": 1, "data": data | {"shoe_size": 43}})
    terms = data["terms"]
    for changed in (
        {key: value for key, value in event.items() if key != "id"},
        event | {"type": "muster.identity-changed.v2"},
        event | {"time": "yesterday"},
        event | {"data": data | {"version": "5"}},
        event | {"data": {key: value for key, value in data.items() if key != "profile"}},
        event | {"data": data | {"terms": terms | {"portal": "canteen"}}},
        event | {"data": data | {"terms": terms | {"deactivation": {"do": "dismiss"}}}},
    ):
        assert not validator.is_valid(changed)
