"""Which groups and PATCHes of them could there be? Strategies with few values, so that they meet.

Ids are written as names in braces, for the tests to put real ones there.
"""

from typing import Any

from hypothesis import strategies as st

USERS = ("ada", "ben", "cy")
GROUPS = ("inner",)
STRANGER = "f" * 32
NAMES = ("{ada}", "{ben}", "{cy}", "{inner}", STRANGER, "00unknown", "")

LABELS = ("Ada", "ADA", "ada", "b", "", "É", "e\u0301")

STORED = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*USERS, *GROUPS), st.sampled_from([None, "Ada", "Ben", "É"]))
)
"""Who is in a group, and how they are called there."""


def _some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keys)


IDS = st.sampled_from(NAMES)
WORDS = st.sampled_from(LABELS)

ENTRIES = st.one_of(
    IDS.map(lambda name: {"value": name}),
    st.builds(lambda name, label: {"value": name, "display": label}, IDS, WORDS),
    st.sampled_from(USERS).map(
        lambda name: {
            "value": f"{{{name}}}",
            "$ref": f"Users/{{{name}}}",
            "type": "user",
            "display": "ada",
        }
    ),
    _some(
        value=IDS,
        display=st.one_of(WORDS, st.none()),
        type=st.sampled_from(["User", "group", None, 5]),
        **{"$ref": st.sampled_from(["https://a.test/Users/{ada}", "Users/{ben}", None])},
        colour=st.just(["red"]),
    ),
)
LISTS = st.lists(ENTRIES, max_size=3)

TERMS = st.one_of(
    st.builds('value {} "{}"'.format, st.sampled_from(["eq", "ne", "sw", "gt"]), IDS),
    st.builds('display {} "{}"'.format, st.sampled_from(["eq", "ne", "co", "ew", "le"]), WORDS),
    st.builds('type {} "{}"'.format, st.sampled_from(["eq", "ne"]), st.sampled_from(["user", "x"])),
    st.builds('$ref {} "{}{}"'.format, st.sampled_from(["eq", "ew"]), st.just("Users/"), IDS),
    st.sampled_from(["display pr", "value pr", "display eq null", 'colour eq "red"', "$ref pr"]),
)
FILTERS = st.one_of(
    IDS.map('value eq "{}"'.format),
    TERMS,
    st.builds("{} {} {}".format, TERMS, st.sampled_from(["and", "or"]), TERMS),
    st.builds("not ({})".format, TERMS),
)
PATHS = st.one_of(
    FILTERS.map("members[{}]".format),
    IDS.map('members.value eq "{}"'.format),
    WORDS.map('MEMBERS.display co "{}"'.format),
    FILTERS.map("urn:ietf:params:scim:schemas:core:2.0:Group:members[{}]".format),
)
WHOLE = st.sampled_from(
    ["members", "Members", "urn:ietf:params:scim:schemas:core:2.0:Group:members"]
)
PARTS = st.one_of(
    st.builds("members[{}].{}".format, FILTERS, st.sampled_from(["display", "type", "value"])),
    st.sampled_from(["members.display", "members.type"]),
)


def _operation(op: str, path: st.SearchStrategy[str], value: Any) -> st.SearchStrategy[Any]:
    return st.builds(lambda path, value: {"op": op, "path": path, "value": value}, path, value)


KINDS = (
    _operation("Add", WHOLE, st.one_of(LISTS, ENTRIES)),
    _operation("add", WHOLE, LISTS),
    _operation("replace", WHOLE, st.one_of(LISTS, ENTRIES, st.none())),
    WHOLE.map(lambda path: {"op": "remove", "path": path}),
    _operation(
        "remove", WHOLE, st.lists(st.one_of(IDS, IDS.map(lambda i: {"value": i})), max_size=3)
    ),
    _operation("remove", WHOLE, st.one_of(ENTRIES, st.lists(ENTRIES, min_size=1, max_size=2))),
    PATHS.map(lambda path: {"op": "remove", "path": path}),
    PARTS.map(lambda path: {"op": "remove", "path": path}),
    _operation("replace", PARTS, st.one_of(WORDS, st.none(), st.just("User"))),
    _operation("add", PARTS, WORDS),
    _operation("replace", PATHS, _some(display=WORDS, type=st.just("User"), value=IDS)),
    st.builds(
        lambda op, value: {"op": op, "value": value},
        st.sampled_from(["add", "replace"]),
        _some(
            displayName=WORDS,
            externalId=WORDS,
            members=st.one_of(LISTS, st.none()),
            **{"members.display": WORDS, "colour": WORDS, "id": st.just("{group}")},
        ),
    ),
    _operation("replace", st.sampled_from(["displayName", "externalId"]), WORDS),
)
OPERATIONS = st.sampled_from(KINDS).flatmap(lambda kind: kind)
"""One operation; each kind is as likely as any other. ``one_of`` takes kinds apart into all their
forms, and most operations would be removals by a filter."""

PATCHES = st.lists(OPERATIONS, min_size=1, max_size=5)
SHORT_PATCHES = st.lists(OPERATIONS, min_size=1, max_size=3)
