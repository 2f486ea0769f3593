"""What does every resource tell of itself? Its meta holds type, times and version. Pure."""

from typing import Any

from scim2_models import Meta, PreconditionFailedException

from contracts.clock import instant_of

TAG_START, TAG_END = 'W/"', '"'
"""The texts around a revision in an entity tag (RFC 7644 section 3.14). Tags are weak, because a
change of ``groups`` does not change the version of a user."""


def entity_tag(revision: int) -> str:
    """Return the entity tag of a revision."""
    return f"{TAG_START}{revision}{TAG_END}"


def check_version(version: str, expected: str | None) -> None:
    """Check the version of a resource, if the request expects one.

    :raises PreconditionFailedException: when the resource has another version.
    """
    if expected not in {None, version}:
        raise PreconditionFailedException


def meta_document(
    resource_type: str, created_at: int, modified_at: int, revision: int, **more: str
) -> dict[str, Any]:
    """Return the meta of a resource as JSON has it. Times are microseconds since the epoch.

    :param more: the location, where it is known.
    """
    return {
        "resourceType": resource_type,
        "created": instant_of(created_at),
        "lastModified": instant_of(modified_at),
        **more,
        "version": entity_tag(revision),
    }


def meta_of(resource_type: str, created_at: int, modified_at: int, revision: int) -> Meta:
    """Return the meta of a resource as the library's model, without its location."""
    return Meta.model_validate(meta_document(resource_type, created_at, modified_at, revision))
