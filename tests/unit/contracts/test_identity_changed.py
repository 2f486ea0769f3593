"""Is the event what both sides, old and new, can rely on?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.identity_changed import (
    IdentityChanged,
    Profile,
    StoreTerms,
    Trace,
    UndecodableEvent,
    UnknownMajorVersion,
    decode,
    encode,
)
from contracts.rules import CreateEmployee, RemoveEmployee
from tests.compatibility.published import EVENTS

JOINER = EVENTS / "1.0" / "joiner-on-store.json"
A_POLICY_WITHOUT_NAME = {
    "portal": "mdm",
    "on_create": {"do": "nothing"},
    "deactivation": {"do": "change-policy"},
}
TRACE = Trace(correlation_id="c-1")


def an_event(**changes: object) -> IdentityChanged:
    values: dict[str, object] = {
        "workspace": "acme",
        "connection": "acme-store",
        "identity": "8f0c",
        "version": 5,
        "active": True,
        "ever_active": True,
        "profile": Profile(user_name="ada"),
        "terms": StoreTerms(on_create=CreateEmployee()),
        "changed_at": 5,
    }
    return IdentityChanged.model_validate(values | changes)


def test_an_event_is_a_cloud_event_in_json() -> None:
    trace = Trace(correlation_id="c-1", traceparent="00-a-b-01")
    wire = json.loads(encode(an_event(), trace, "https://muster.test"))
    assert wire["specversion"] == "1.0"
    assert wire["source"] == "https://muster.test/scim/v2/acme-store"
    assert wire["id"] == "acme-store/8f0c/5"
    assert (wire["correlationid"], wire["traceparent"]) == ("c-1", "00-a-b-01")
    assert wire["time"] == "1970-01-01T00:00:00.000005Z"


@given(st.text(), st.text(), st.lists(st.text()), st.integers(min_value=1, max_value=2**62))
def test_what_is_encoded_is_decoded(name: str, email: str, groups: list[str], version: int) -> None:
    event = an_event(
        profile=Profile(user_name=name, email=email), groups=tuple(groups), version=version
    )
    envelope = decode(encode(event, TRACE))
    assert (envelope.data, envelope.trace) == (event, TRACE)


def test_fields_of_a_later_minor_version_are_ignored() -> None:
    wire = json.loads(JOINER.read_text())
    wire["data"]["shoe_size"] = 43
    wire["extension"] = "x"
    assert decode(json.dumps(wire).encode()) == decode(JOINER.read_bytes())


@pytest.mark.parametrize("kind", ["muster.identity-changed.v2", "com.example.other", None])
def test_an_unknown_major_version_is_refused(kind: str | None) -> None:
    wire = json.loads(JOINER.read_text()) | {"type": kind}
    with pytest.raises(UnknownMajorVersion):
        decode(json.dumps(wire).encode())


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b"{", b'{"type": 1}'])
def test_bytes_that_are_no_event_are_undecodable(body: bytes) -> None:
    with pytest.raises(UndecodableEvent):
        decode(body)


def test_the_error_of_an_incomplete_event_names_the_field_and_no_value() -> None:
    wire = json.loads(JOINER.read_text())
    wire["data"]["version"] = "ada@example.com"
    del wire["data"]["identity"]
    with pytest.raises(UndecodableEvent) as caught:
        decode(json.dumps(wire).encode())
    assert "data.identity: missing" in str(caught.value)
    assert "data.version" in str(caught.value)
    assert "ada@example.com" not in str(caught.value)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"deleted": True},
        {"ever_active": False},
        {"active": False},
        {"version": 0},
        {"terms": StoreTerms(on_create=CreateEmployee(), deactivated_at=6)},
        {"terms": {"portal": "store", "on_create": {"do": "create-collaborator"}}},
        {"terms": A_POLICY_WITHOUT_NAME},
    ],
)
def test_a_history_that_cannot_be_is_no_event(nonsense: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        an_event(**nonsense)


def test_somebody_who_left_carries_the_deactivation() -> None:
    terms = StoreTerms(on_create=CreateEmployee(), deactivated_at=4, deactivation=RemoveEmployee())
    event = an_event(active=False, terms=terms)
    assert event.terms.deactivated_at == 4
