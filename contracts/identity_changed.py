"""What is the event? IdentityChanged holds the newest released state of one identity, complete."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import from_json

from contracts.clock import instant_of
from contracts.frozen import Frozen
from contracts.names import trimmed
from contracts.rules import (
    DashboardCreation,
    DashboardDeactivation,
    LeaveAlone,
    MdmCreation,
    MdmDeactivation,
    Portal,
    Role,
    RoleLine,
    StoreCreation,
    StoreDeactivation,
)

EVENT_NAME = "muster.identity-changed"
MAJOR_VERSION, MINOR_VERSION = 1, 3
"""Within a major version fields are only ever added, which raises the minor one; anything else
raises the major one. Each version is recorded under ``tests/compatibility``."""
VERSION = f"{MAJOR_VERSION}.{MINOR_VERSION}"


Text = Annotated[str, AfterValidator(trimmed)]
"""A text without the blanks around it, which carry no information about a person."""

Known = Annotated[Text | None, AfterValidator(lambda text: text or None)]
"""A text that is not empty, or None."""


class Profile(Frozen):
    """What is known of the person; of somebody inactive, as it was when last active.

    ``waiting_email`` (since 1.1) is the address that the provider sent last for somebody inactive,
    where it is another one than ``email``. It waits for the reactivation, or until an active
    identity claims ``email``.
    """

    user_name: Text
    email: Known = None
    display_name: Known = None
    given_name: Known = None
    family_name: Known = None
    external_id: str | None = None
    waiting_email: Known = None


# --- the rules of the portal, rendered for this identity ----------------------------------

Version = Annotated[int, Field(ge=0, lt=2**63)]
"""Microseconds since the epoch, in the range of a signed integer of eight bytes."""


class StoreTerms(Frozen):
    """What the Enterprise Store does about this identity."""

    portal: Literal[Portal.STORE] = Portal.STORE
    on_create: StoreCreation
    deactivated_at: Version = 0
    deactivation: StoreDeactivation = LeaveAlone()


class DashboardTerms(Frozen):
    """What the Dashboard does about this identity, with the mapping lines that concern it.

    ``highest_role`` (since 1.1) is the highest role that the connection can give to anybody, by
    its rule or by any line of its mapping. Where it is missing, the connection gives no more than
    the rule and the lines that are shown.
    """

    portal: Literal[Portal.DASHBOARD] = Portal.DASHBOARD
    on_create: DashboardCreation
    role_lines: tuple[RoleLine, ...] = ()
    highest_role: Role | None = None
    deactivated_at: Version = 0
    deactivation: DashboardDeactivation = LeaveAlone()


class MdmTerms(Frozen):
    """What the MDM Portal does about this identity."""

    portal: Literal[Portal.MDM] = Portal.MDM
    on_create: MdmCreation
    deactivated_at: Version = 0
    deactivation: MdmDeactivation = LeaveAlone()


Terms = Annotated[StoreTerms | DashboardTerms | MdmTerms, Field(discriminator="portal")]
"""The creation rule as it is when the event is rendered, and the last deactivation:
``deactivated_at`` is the version of the step from active to inactive or deleted (0: never),
``deactivation`` the action that the rules named then."""

TERMS: TypeAdapter[StoreTerms | DashboardTerms | MdmTerms] = TypeAdapter(Terms)
"""Reads the terms of any portal."""


class IdentityChanged(Frozen):
    """The newest released state of an identity. State, not a delta: any older event is obsolete.

    ``version`` grows with every change of the identity (clock in microseconds, never backwards).
    ``changed_at`` is when the change was answered, in microseconds since the epoch. ``told_at``
    (since 1.1) is the version at which the provider last changed the user itself, and not a group
    or a rule; 0: nobody remembers. Where it is missing, the api is of the version before.
    """

    workspace: str
    connection: str
    identity: str
    version: Annotated[Version, Field(gt=0)]
    active: bool
    deleted: bool = False
    ever_active: bool
    profile: Profile
    groups: tuple[str, ...] = ()
    terms: Terms
    changed_at: Version
    told_at: Version | None = None

    @model_validator(mode="after")
    def _history_is_possible(self) -> Self:
        if self.active and (self.deleted or not self.ever_active):
            raise ValueError("an active identity is neither deleted nor never active")
        left = self.ever_active and not self.active
        if left and not self.terms.deactivated_at:
            raise ValueError("an identity that was active and is no longer has been deactivated")
        if self.terms.deactivated_at > self.version:
            raise ValueError("a deactivation is not newer than the state that shows it")
        return self

    @property
    def portal(self) -> Portal:
        """Return the portal whose account this identity stands for."""
        return self.terms.portal


class Trace(Frozen):
    """The ids that tie an event to the SCIM request that caused it."""

    correlation_id: str
    traceparent: str | None = None


class IdentityChangedEnvelope(Frozen):
    """The event as a CloudEvent 1.0 in JSON format, as it lies in a queue.

    ``source`` is the base URL of the connection (since 1.3; before, the path of it alone), so that
    ``source`` and ``id`` together are unique among all installations.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: Literal["muster.identity-changed.v1"] = "muster.identity-changed.v1"
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    correlationid: str
    traceparent: str | None = None
    data: IdentityChanged

    @property
    def trace(self) -> Trace:
        """Return the ids that tie the event to its SCIM request."""
        return Trace(correlation_id=self.correlationid, traceparent=self.traceparent)


class UndecodableEvent(Exception):
    """The bytes are no event that this version can read; a second try would fail the same way."""


class UnknownMajorVersion(UndecodableEvent):
    """The event has a type or a major version that this code does not know."""


def encode(event: IdentityChanged, trace: Trace, public_url: str = "") -> bytes:
    """Return the event as CloudEvents JSON (structured mode, UTF-8).

    :param public_url: that of the installation, which tells its events from those of another one.
    """
    envelope = IdentityChangedEnvelope(
        id=message_id(event),
        source=f"{public_url}/scim/v2/{event.connection}",
        subject=event.identity,
        time=instant_of(event.changed_at),
        correlationid=trace.correlation_id,
        traceparent=trace.traceparent,
        data=event,
    )
    return envelope.model_dump_json(exclude_none=True).encode()


def decode(body: bytes) -> IdentityChangedEnvelope:
    """Read an event.

    :raises UnknownMajorVersion: when its type is not one that this code reads.
    :raises UndecodableEvent: when it is not JSON, not a CloudEvent, or lacks required fields.
    """
    try:
        raw = from_json(body)
    except ValueError as error:
        raise UndecodableEvent("not JSON") from error
    if not isinstance(raw, dict):
        raise UndecodableEvent("not a JSON object")
    if raw.get("type") != f"{EVENT_NAME}.v{MAJOR_VERSION}":
        raise UnknownMajorVersion("not an event of a known kind and major version")
    try:
        return IdentityChangedEnvelope.model_validate(raw)
    except ValidationError as error:
        raise UndecodableEvent(_invalid_fields(error)) from None


def message_id(event: IdentityChanged) -> str:
    """Return the id of the event: unique for each version, and the same at each rendering."""
    return f"{event.connection}/{event.identity}/{event.version}"


def _invalid_fields(error: ValidationError) -> str:
    """Return the invalid fields with their errors, without values: they may be personal."""
    details = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in detail['loc']) or 'event'}: {detail['type']}"
        for detail in details
    )
