"""Which attribute does a path or a key name, and of which type? The served models define it.

Users and groups have no common attribute of different types, so that one table holds all of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from inspect import isclass
from typing import Any

from scim2_models import ComplexAttribute, Mutability
from scim2_models.base import BaseModel

from api.scim.protocol.resources import EnterpriseUser, Group, User

ENTERPRISE = str(EnterpriseUser.__schema__)
MANAGER = f"{ENTERPRISE}:manager"

CORE_SCHEMAS = {str(model.__schema__).lower() for model in (User, Group)}

ATTRIBUTE_PATH = re.compile(
    r"(?:urn:[^\[]*:)?(?P<name>[$\w-]+)(?P<selection>\[.*\])?(?:\.(?P<part>[$\w-]+))?",
    re.DOTALL | re.IGNORECASE,
)
"""An attribute, optionally with its schema, a filter on its entries, and one of its parts."""


@dataclass(frozen=True, slots=True)
class Target:
    """The attribute that a value is sent for, which takes one value, one object, or a list.

    ``name`` is in lower case; a part has its attribute before it: ``emails.primary``. ``parts`` are
    the sub-attributes of an object, by their names in lower case, or None for other values.
    """

    name: str
    is_list: bool = False
    is_flag: bool = False
    is_derived: bool = False
    parts: Mapping[str, "Target"] | None = field(default=None, compare=False)

    def part(self, key: str) -> "Target | None":
        """Return the target of a key of the object, which may be a path, as some providers send."""
        parts = self.parts or {}
        return parts.get(key.lower()) or target_of(key)


def target_of(path: str) -> Target | None:
    """Return the target of a path; None where it names no known attribute.

    An entry that a filter selects is one object, not a list.
    """
    lowered = path.lower()
    if lowered in CORE_SCHEMAS:
        return RESOURCE
    if lowered == ENTERPRISE.lower():
        return EXTENSION
    found = ATTRIBUTE_PATH.fullmatch(lowered)
    if found is None:
        return None
    target = RESOURCE_PARTS.get(found["name"]) or EXTENSION_PARTS.get(found["name"])
    if target is not None and found["part"]:
        return (target.parts or {}).get(found["part"])
    if target is not None and found["selection"]:
        return replace(target, is_list=False)
    return target


def _parts_of(model: type[Any], within: str = "") -> dict[str, Target]:
    """Return the targets of a model's attributes, without its extensions."""
    parts = {}
    for name, described in model.model_fields.items():
        kind = model.get_field_root_type(name)
        if not (isclass(kind) and issubclass(kind, BaseModel) and not _is_complex(kind)):
            key = (described.serialization_alias or name).lower()
            parts[key] = _target(model, name, f"{within}{key}", kind)
    return parts


def _target(model: type[Any], name: str, path: str, kind: Any) -> Target:
    return Target(
        path,
        is_list=bool(model.get_field_multiplicity(name)),
        is_flag=kind is bool,
        is_derived=model.get_field_annotation(name, Mutability) == Mutability.read_only,
        parts=_parts_of(kind, f"{path}.") if _is_complex(kind) else None,
    )


def _is_complex(kind: Any) -> bool:
    return isclass(kind) and issubclass(kind, ComplexAttribute)


EXTENSION_PARTS = _parts_of(EnterpriseUser)
EXTENSION = Target(ENTERPRISE.lower(), parts=EXTENSION_PARTS)
RESOURCE_PARTS = _parts_of(Group) | _parts_of(User)
RESOURCE = Target("", parts=RESOURCE_PARTS)
"""The target of a value without a path: a whole user or group."""
