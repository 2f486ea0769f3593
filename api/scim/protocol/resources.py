"""What do User and Group look like here? These models are the schemas that ``/Schemas`` publishes.

The schemas are those of RFC 7643 section 4 with two differences. No value is checked beyond its
type, because validators write ``upd-1a2b3c`` into every mapped string and read it back. And there
is no ``password``, which is never stored, and therefore not announced. The docstrings of the models
are published with them, as the descriptions of the schemas.
"""

from enum import Enum
from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    Address,
    AnyExtension,
    CaseExact,
    ComplexAttribute,
    Entitlement,
    ExtensibleStringEnum,
    Extension,
    Group,
    GroupMember,
    GroupMembership,
    Im,
    Mutability,
    Name,
    PhoneNumber,
    Reference,
    Required,
    Resource,
    Role,
    Uniqueness,
    X509Certificate,
)
from scim2_models import Email as StrictEmail
from scim2_models import Photo as StrictPhoto

__all__ = [
    "LISTS",
    "OBJECTS",
    "AnyResource",
    "EnterpriseUser",
    "Group",
    "GroupMember",
    "GroupMembership",
    "ScimUser",
    "User",
]

if not hasattr(Enum, "__deepcopy__"):
    # Python before 3.11.4, as of Debian 12, copies the member of an enum by looking for its name,
    # which finds no type beyond the canonical ones: a user with such an address was a status 500.
    setattr(ExtensibleStringEnum, "__deepcopy__", lambda member, _: member)  # noqa: B010


class Email(StrictEmail):
    """An e-mail address, whatever it looks like."""

    value: str | None = None


class Photo(StrictPhoto):
    """The address of a photo, whatever it looks like."""

    value: str | None = None  # type: ignore[assignment]  # no reference to be checked


class Manager(ComplexAttribute):
    """The user's manager; the reference alone may be missing, unlike in RFC 7643 section 4.3."""

    value: Annotated[str | None, CaseExact.true] = None
    ref: Annotated[Reference["User"] | None, CaseExact.true] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display_name: Annotated[str | None, Mutability.read_only] = None


class EnterpriseUser(Extension):
    """The enterprise extension."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    employee_number: str | None = None
    cost_center: str | None = None
    organization: str | None = None
    division: str | None = None
    department: str | None = None
    manager: Manager | None = None


class User(Resource[AnyExtension]):
    """A person, as the provider pushed it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    name: Name | None = None
    display_name: str | None = None
    nick_name: str | None = None
    profile_url: str | None = None
    title: str | None = None
    user_type: str | None = None
    preferred_language: str | None = None
    locale: str | None = None
    timezone: str | None = None
    active: bool | None = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None
    ims: list[Im] | None = None
    photos: list[Photo] | None = None
    addresses: list[Address] | None = None
    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    entitlements: list[Entitlement] | None = None
    roles: list[Role] | None = None
    x509_certificates: list[X509Certificate] | None = None


ScimUser = User[EnterpriseUser]
"""The resources of ``/Users``."""

AnyResource = Resource[Any]
"""A user or a group."""

LISTS = frozenset(
    name.replace("_", "")
    for model in (User, Group)
    for name in model.model_fields
    if model.get_field_multiplicity(name)
)
"""The multi-valued attributes, in lower case."""

OBJECTS = frozenset({"name", "manager", "meta"})
"""The single-valued complex attributes, in lower case."""
