"""Which directories and searches could there be? Drawn from the models, so that none is left out.

An example has a focus: an attribute or two that the resources have and the filters ask for, with
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
    def top(self) -> str:
        """The name of what holds it, as JSON has it, without its schema."""
        return self.path.rpartition(":")[2].partition(".")[0]

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


# --- directories --------------------------------------------------------------------------------


def _entry(parts: list[Attribute], words: Words) -> st.SearchStrategy[Json]:
    optional = {
        part.path.rpartition(":")[2].partition(".")[2]: part.values(words)
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


# --- filters ------------------------------------------------------------------------------------

OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
TIMES = ["2000-01-01T00:00:00Z", "2100-01-01T00:00:00+02:00"]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _literals(attribute: Attribute, words: Words) -> st.SearchStrategy[str]:
    target = attribute.binding.target_type
    if target is bool:
        return st.sampled_from(["true", "false", "null"])
    if attribute.path.startswith("meta."):
        texts = [*TIMES, "User", "group", 'W/"1"', f"{BASE_URL}/Users/"]
        return st.sampled_from([*map(_quoted, texts), "null"])
    if isclass(target) and issubclass(target, Reference):
        texts = [f"{BASE_URL}/", f"{BASE_URL}/Users/a", "/c", "https://x.test/a", "Groups/"]
        return st.sampled_from([*map(_quoted, texts), "null"])
    return st.one_of(*[attribute.values(words).map(_quoted)] * 4, st.sampled_from(["null", "7"]))


def _conditions(attributes: list[Attribute], words: Words) -> st.SearchStrategy[str]:
    """Return what may be said of one attribute."""

    def about(attribute: Attribute) -> st.SearchStrategy[str]:
        parts = [each for each in attributes if each.path.startswith(f"{attribute.path}.")]
        said = [
            st.just(f"{attribute.path} pr"),
            st.builds(f"{attribute.path} {{}} {{}}".format, OPERATORS, _literals(attribute, words)),
        ]
        if attribute.binding.is_multivalued and "." not in attribute.path.rpartition(":")[2]:
            said += [st.builds(f"{attribute.path}[{{}}]".format, _selections(parts, words))] * 2
        return st.one_of(said)

    return st.sampled_from(attributes).flatmap(about)


def _selections(parts: list[Attribute], words: Words) -> st.SearchStrategy[str]:
    """Return what may stand between brackets."""

    def about(part: Attribute) -> st.SearchStrategy[str]:
        name = part.path.rpartition(".")[2]
        return st.one_of(
            st.just(f"{name} pr"),
            st.builds(f"{name} {{}} {{}}".format, OPERATORS, _literals(part, words)),
        )

    plain = st.builds("value {} {}".format, OPERATORS, words.map(_quoted))
    said = st.sampled_from(parts).flatmap(about) if parts else plain
    return st.one_of(
        said,
        st.builds("{} and {}".format, said, said),
        st.builds("{} or not ({})".format, said, said),
    )


def filters(model: Any, focus: list[str], words: Words) -> st.SearchStrategy[str]:
    """Return filters about the attributes of the focus, and those that all have."""
    attributes = ATTRIBUTES[model]
    near = _conditions([each for each in attributes if each.top in focus], words)
    given = _conditions([each for each in attributes if each.top in GIVEN], words)
    return st.recursive(
        st.one_of(near, near, given),
        lambda inner: st.one_of(
            st.builds("not ({})".format, inner),
            st.builds("({}) and ({})".format, inner, inner),
            st.builds("({}) or ({})".format, inner, inner),
        ),
        max_leaves=3,
    )


# --- examples -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Example:
    """A directory, with what is asked of it."""

    users: list[Json]
    groups: list[Json]
    filters: list[str]
    sorts: list[str]
    count: int


@st.composite
def examples(draw: st.DrawFn, model: Any) -> Example:
    """Return an example for searches of one resource type, or of everything."""
    tops = sorted({each.top for each in ATTRIBUTES[model]} - GIVEN)
    focus = draw(st.lists(st.sampled_from(tops), min_size=1, max_size=2, unique=True))
    three = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=3, unique=True))
    words = st.sampled_from(three)
    near = [each.path for each in ATTRIBUTES[model] if each.top in {*focus, *GIVEN}]
    return Example(
        users=draw(resources(ScimUser, focus, words)),
        groups=draw(resources(Group, focus, words)),
        filters=draw(st.lists(filters(model, focus, words), min_size=8, max_size=16)),
        sorts=draw(st.lists(st.sampled_from(near), min_size=1, max_size=4, unique=True)),
        count=draw(st.integers(1, 4)),
    )


# --- what chance would rarely find --------------------------------------------------------------

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

PECULIAR = Example(
    users=[
        {"name_suffix": "a", "emails": [{"value": "a", "type": "work"}, {"value": "b"}]},
        {"name_suffix": "b", "emails": [{"value": "b", "type": "home", "primary": True}]},
        {"name_suffix": "c", "emails": [], "active": True, "title": ""},
        {"name_suffix": "d", "active": False, ENTERPRISE: {"manager": {"$ref": "Users/a"}}},
        {"name_suffix": "e", ENTERPRISE: {"manager": {"value": "M", "$ref": "https://x.test/a"}}},
    ],
    groups=[{"name_suffix": "a"}, {"name_suffix": "b"}, {"name_suffix": ""}],
    filters=[
        'emails ne "a"', 'emails.value ne "b"', 'not (emails.value eq "b")', "emails.type ne null",
        "emails eq null", "emails pr", 'emails[value ne "b"]',
        'emails[type eq "work"].value eq "a"', 'emails[not (type eq "work") and value eq "b"]',
        "emails.primary ne true", "not (active eq true)", "active ne false", "title pr",
        'title eq ""', "title ne null", 'title co ""', 'title gt ""',
        f'{ENTERPRISE}:manager.$ref eq "{BASE_URL}/Users/a"',
        f'{ENTERPRISE}:manager.$ref sw "https"', f"not ({ENTERPRISE}:manager pr)",
        f'{ENTERPRISE}:manager.value eq "m"', 'groups[display eq "G0a"].value pr',
        f'groups.$ref sw "{BASE_URL}/Groups/"', 'groups.display ne "g0a"',
        'groups[not (display co "b")]', 'schemas eq "x"', "groups pr",
        f'meta.location sw "{BASE_URL}/users/"', 'members.type eq "Group"',
        'members[type eq "user"]', 'members.display ne "a"',
        'members[display eq "a" and type eq "User"]', "members.display pr",
        'members.$ref co "/Groups/"', 'meta.version eq "W/\\"1\\""', 'meta.resourceType eq "group"',
    ],
    sorts=[
        "emails", "emails.value", "emails.type", "title", "active", f"{ENTERPRISE}:manager.$ref",
        "groups.display", "members.display", "meta.location", "meta.created", "displayName", "id",
    ],
    count=2,
)  # fmt: skip
"""Where values are missing, empty, several, or written differently from how they are shown."""
