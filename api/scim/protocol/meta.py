"""What is told of every resource? Its meta tells its type, its times and its version. Pure."""

from typing import Any

from scim2_models import Meta, PreconditionFailedException

from contracts.clock import instant_of

TAG_START, TAG_END = 'W/"', '"'
"""The texts around a revision in an entity tag. Tags are weak: ``groups`` is no part of a version
(RFC 7644 section 3.14)."""


def entity_tag(revision: int) -> str:
    """Return the entity tag of a revision."""
    return f"{TAG_START}{revision}{TAG_END}"


def check_version(version: str, expected: str | None) -> None:
    """Check that a resource has the version that it must have, if any.

    :raises PreconditionFailedException: when it has another one.
    """
    if expected not in {None, version}:
        raise PreconditionFailedException


def meta_document(
    resource_type: str, created_at: int, modified_at: int, revision: int, **more: str
) -> dict[str, Any]:
    """Return the meta of a resource as an answer writes it.

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
    """Return the library's model of the same."""
    return Meta.model_validate(meta_document(resource_type, created_at, modified_at, revision))
