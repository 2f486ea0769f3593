"""Which directories could there be? Drawn from the models, so that no attribute is left out.

A directory has a focus: an attribute or two that the resources have and the searches ask for, with
few words, so that they meet.
"""

from base64 import b64encode
from dataclasses import dataclass
from inspect import isclass
from typing import Any, Union

from hypothesis import strategies as st
from pydantic import BaseModel
from scim2_models import Path, Reference, Resource
from scim2_models.path import AttributeBinding

from api.scim.protocol.resources import Group, ScimUser

BASE_URL = "https://muster.test/scim/v2/acme"
ROOT = Union[ScimUser, Group]  # noqa: UP007 - the library asks for a Union

Json = dict[str, Any]
Words = st.SearchStrategy[str]

WORDS = [
    "",
    "a",
    "A",
    "ann",
    "Anna",
    "%",
    "a_b",
    "É",
    "e\u0301",
    "ß",
    "\\",
    '"',
    "😀",
    "./a",
    "work",
]
BYTES = st.sampled_from(["", "a", "b", "aa"]).map(lambda text: b64encode(text.encode()).decode())
REFERENCES = st.sampled_from(
    ["Users/a", "../b", "/c", "https://x.test/a", "http://[", "./d", "a:b"]
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a resource type: where it is, and what it is made of."""

    path: str
    binding: AttributeBinding

    @property
    def name(self) -> str:
        """Its path without its schema."""
        return self.path.rpartition(":")[2]

    @property
    def top(self) -> str:
        """The name of what holds it, as JSON has it, without its schema."""
        return self.name.partition(".")[0]

    @property
    def is_complex(self) -> bool:
        """Whether it has parts."""
        target = self.binding.target_type
        return isclass(target) and issubclass(target, BaseModel)

    def values(self, words: Words) -> st.SearchStrategy[Any]:
        """Return what one value of it may be."""
        target = self.binding.target_type
        if target is bool:
            return st.booleans()
        if target is bytes:
            return BYTES
        return REFERENCES if isclass(target) and issubclass(target, Reference) else words


def _attributes(model: type[Resource[Any]]) -> list[Attribute]:
    bound: Any = Path.__class_getitem__(model)
    paths = [*bound.iter_paths(), "id", "schemas", *META]
    found = []
    for path in paths:
        binding = bound(str(path)).resolve()
        if binding is not None:  # a schema alone is no attribute
            found.append(Attribute(str(path), binding))
    return found


META = ["meta", *(f"meta.{name}" for name in
                  ("resourceType", "created", "lastModified", "location", "version"))]  # fmt: skip
ATTRIBUTES: dict[Any, list[Attribute]] = {
    ScimUser: _attributes(ScimUser),
    Group: _attributes(Group),
}
ATTRIBUTES[ROOT] = ATTRIBUTES[ScimUser] + ATTRIBUTES[Group]

GIVEN = {"id", "schemas", "meta", "userName", "displayName", "groups", "members"}
"""Attributes that every resource gets in another way than by chance."""


def _entry(parts: list[Attribute], words: Words) -> st.SearchStrategy[Json]:
    optional = {
        part.name.partition(".")[2]: part.values(words)
        for part in parts
        if not part.path.endswith(".primary")
    }
    return st.fixed_dictionaries({}, optional=optional)


def _values(top: str, attributes: list[Attribute], words: Words) -> st.SearchStrategy[Any]:
    """Return what a whole attribute may be, with all of its parts."""
    whole, *parts = [each for each in attributes if each.top == top]
    if not whole.is_complex:
        return whole.values(words)
    if not whole.binding.is_multivalued:
        return _entry(parts, words)
    entries = st.lists(_entry(parts, words), max_size=3)
    if not any(part.path.endswith(".primary") for part in parts):
        return entries
    return st.tuples(entries, st.integers(0, 3)).map(_with_primary)


def _with_primary(drawn: tuple[list[Json], int]) -> list[Json]:
    entries, primary = drawn
    return [
        entry | {"primary": True} if number == primary else entry
        for number, entry in enumerate(entries)
    ]


def resources(
    model: type[Resource[Any]], focus: list[str], words: Words
) -> st.SearchStrategy[list[Json]]:
    """Return resources that have the attributes of the focus, or some of them."""
    attributes = ATTRIBUTES[model]
    plain = [each for each in attributes if not each.path.startswith("urn:")]
    optional = {
        top: _values(top, plain, words) for top in focus if any(e.top == top for e in plain)
    }
    for extension in model.get_extension_models():
        inside = [each for each in attributes if each.path.startswith(f"{extension}:")]
        tops = [top for top in focus if any(each.top == top for each in inside)]
        if tops:
            values = {top: _values(top, inside, words) for top in tops}
            optional[str(extension)] = st.fixed_dictionaries({}, optional=values)
    names = st.fixed_dictionaries({"name_suffix": words}, optional=optional)
    return st.lists(names, max_size=5)
