"""In which form are values compared? Filters and sorting read a document of normalised texts.

Every value is a text, so that one operator serves all of them: strings in the comparison form of
their attribute, booleans as ``true`` and ``false``, which sort as they should. A multi-valued
attribute is a list of objects, even where it holds plain values (under ``value``), and starts with
the entry by which resources sort: the primary one, or else the first (RFC 7644 section 3.4.2.3).
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from inspect import isclass
from typing import Any

from pydantic import BaseModel
from scim2_models import Path, Resource
from scim2_models.path import AttributeBinding

from api.scim.protocol.references import is_absolute

Document = Mapping[str, Any]

RELATIVE_MARK = "./"
"""The start of a stored reference that is relative to the base URL, which is not known here."""


def comparable_form(model: type[Resource[Any]], resource: Document) -> dict[str, Any]:
    """Return the comparison form of a resource's canonical JSON, under the models' field names."""
    form = _form(_attributes(model, ""), model, resource)
    for schema, extension in model.get_extension_models().items():
        if schema in resource:
            parts = _attributes(model, f"{schema}:")
            form[extension.__name__] = _form(parts, extension, resource[schema])
    return form


def text_form(binding: AttributeBinding, value: object) -> str | None:
    """Return the comparison form of one value of an attribute; None for an incomparable value."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() if binding.target_type is bytes:
            return b64decode(value).hex()
        case str():
            return str(binding.comparable(value))
        case bytes():
            return value.hex()
        case _:
            return None


def refers_to_resource(binding: AttributeBinding) -> bool:
    """Return whether the values of an attribute are URLs of other resources."""
    target = binding.target_type
    kinds = getattr(target, "__reference_types__", ()) if isclass(target) else ()
    return bool(kinds) and not {"external", "uri"} & set(kinds)


class _Attributes(dict[str, "_Attribute"]):
    """The attributes of a model below a prefix of their paths, by name; each is resolved once."""

    def __init__(self, model: type[Resource[Any]], prefix: str) -> None:
        super().__init__()
        self._model = model
        self._prefix = prefix

    def __missing__(self, name: str) -> "_Attribute":
        attribute = self[name] = _resolved(self._model, f"{self._prefix}{name}")
        return attribute


@dataclass(frozen=True, slots=True)
class _Attribute:
    """An attribute of stored documents: the field of its model, and how its texts compare."""

    field: str
    binding: AttributeBinding
    parts: _Attributes
    refers: bool
    is_text: bool
    is_exact: bool

    def form_of(self, value: object) -> str | None:
        """Return the comparison form of one value; most are texts in ASCII, in normal form."""
        if self.is_text and isinstance(value, str) and value.isascii():
            return value if self.is_exact else value.lower()
        text = text_form(self.binding, value)
        if text is None or not self.refers:
            return text
        return text if is_absolute(text) else RELATIVE_MARK + text


_attributes = cache(_Attributes)


def _resolved(model: type[Resource[Any]], path: str) -> _Attribute:
    binding: AttributeBinding | None = Path.__class_getitem__(model)(path).resolve()
    assert binding is not None, path  # the JSON was dumped by the model itself
    refers = refers_to_resource(binding)
    return _Attribute(
        field=binding.target_field_name,
        binding=binding,
        parts=_Attributes(model, f"{path}."),
        refers=refers,
        is_text=binding.target_type is not bytes and not refers,
        is_exact=binding.case_exact,
    )


def _form(attributes: _Attributes, holder: type[BaseModel], values: Document) -> dict[str, Any]:
    fields = _names(holder)
    return {
        fields[name]: _value(attributes[name], value)
        for name, value in values.items()
        if name in fields
    }


def _value(attribute: _Attribute, value: Any) -> Any:
    if isinstance(value, list):
        entries = sorted(value, key=_is_not_primary)
        return [_entry(attribute, entry) for entry in entries]
    if isinstance(value, dict):
        return _entry(attribute, value)
    return attribute.form_of(value)


def _entry(attribute: _Attribute, entry: Any) -> dict[str, Any]:
    if not isinstance(entry, dict):
        return {"value": attribute.form_of(entry)}
    form = {}
    for name, value in entry.items():
        part = attribute.parts[name]
        form[part.field] = part.form_of(value)
    return form


def _is_not_primary(entry: Any) -> bool:
    return not (isinstance(entry, dict) and entry.get("primary") is True)


@cache
def _names(holder: type[BaseModel]) -> dict[str, str]:
    """Return the fields of a model by their names in JSON, without extensions."""
    return {
        field.serialization_alias or name: name
        for name, field in holder.model_fields.items()
        if not _is_extension(holder, name)
    }


def _is_extension(holder: type[BaseModel], field: str) -> bool:
    extensions = holder.get_extension_models() if issubclass(holder, Resource) else {}
    return field in {extension.__name__ for extension in extensions.values()}
