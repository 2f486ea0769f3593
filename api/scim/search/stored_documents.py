"""How is a resource stored? Its row holds the document and its comparison form. Pure."""

from typing import Any

from scim2_models import InvalidValueException, Resource

from api.scim.protocol.limits import LONGEST_NAME
from api.scim.search.comparison_form import Document, comparable_form
from contracts.names import trimmed

DERIVED_ATTRIBUTES = {"id", "meta", "groups", "members"}
"""Attributes that no stored document holds: columns and memberships hold them."""


def document_of(resource: Resource[Any]) -> dict[str, Any]:
    """Return the canonical JSON of a resource, without derived attributes."""
    return resource.model_dump(exclude=DERIVED_ATTRIBUTES)


def document_columns(model: type[Resource[Any]], document: Document) -> dict[str, Any]:
    """Return the columns of a resource's document, its comparison form and its externalId."""
    form = comparable_form(model, document)
    return {"resource": document, "comparable": form, "external_id": form.get("external_id")}


def indexable(attribute: str, value: str | None) -> str:
    """Return a value, if an index can hold it.

    :param attribute: the name of the attribute, for the error.
    :raises InvalidValueException: when it is empty, or too long.
    """
    if not (value and trimmed(value)):
        raise InvalidValueException(detail=f"{attribute} must not be empty, or blank")
    if len(value) > LONGEST_NAME:
        raise InvalidValueException(detail=f"{attribute} is longer than {LONGEST_NAME} characters")
    return value
