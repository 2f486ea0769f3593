"""Which directories and filters could there be? Strategies with few values, so that they meet."""

from typing import Any

from hypothesis import strategies as st

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

WORDS = st.sampled_from(
    ["", "a", "A", "ann", "Anna", "%", "a_b", "É", "e\u0301", "ß", "\\", '"', "😀"]
)
TYPES = st.sampled_from(["work", "Work", "home", "custom"])

TEXTS = (
    "userName",
    "displayName",
    "title",
    "externalId",
    "name.givenName",
    "emails",
    "emails.value",
    "emails.type",
    "roles.value",
    "addresses.locality",
    "schemas",
    "groups.display",
    "id",
    f"{ENTERPRISE}:department",
    f"{ENTERPRISE}:manager.value",
    "urn:ietf:params:scim:schemas:core:2.0:User:nickName",
)
HOLDERS = ("name", "emails", "addresses", "groups", "meta", f"{ENTERPRISE}:manager", "active")
SORTS = (
    *(path for path in TEXTS if path != "addresses.locality"),
    "active",
    "addresses.locality",
    "meta.created",
    "emails.primary",
)


def _some(**attributes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=attributes)


EMAILS = st.lists(_some(value=WORDS, type=TYPES), max_size=3).flatmap(
    lambda emails: st.integers(0, 3).map(
        lambda primary: [
            email | {"primary": True} if number == primary else email
            for number, email in enumerate(emails)
        ]
    )
)

USERS = st.lists(
    _some(
        displayName=WORDS,
        title=WORDS,
        nickName=WORDS,
        externalId=WORDS,
        active=st.booleans(),
        name=_some(givenName=WORDS, familyName=WORDS),
        emails=EMAILS,
        roles=st.lists(_some(value=WORDS), max_size=2),
        addresses=st.lists(_some(locality=WORDS, type=TYPES), max_size=2),
        **{ENTERPRISE: _some(department=WORDS, manager=_some(value=WORDS))},
    ),
    max_size=6,
)
"""User attributes but the userName, which has to be unique."""


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


OPERATORS = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
VALUES = st.one_of(WORDS.map(_quoted), WORDS.map(_quoted), st.just("null"), TYPES.map(_quoted))
COMPARISONS = st.builds("{} {} {}".format, st.sampled_from(TEXTS), OPERATORS, VALUES)
PRESENCES = st.builds("{} pr".format, st.sampled_from(TEXTS + HOLDERS))
BOOLEANS = st.builds(
    "{} {} {}".format,
    st.sampled_from(["active", "emails.primary"]),
    st.sampled_from(["eq", "ne"]),
    st.sampled_from(["true", "false", "null"]),
)
TIMES = st.builds(
    "meta.{} {} {}".format,
    st.sampled_from(["created", "lastModified"]),
    OPERATORS,
    st.sampled_from(['"2000-01-01T00:00:00Z"', '"2100-01-01T00:00:00+02:00"', "null"]),
)
INNER = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(["value", "type"]), OPERATORS, VALUES),
    st.sampled_from(["type pr", "value pr", "primary eq true", "not (primary eq true)"]),
)
SELECTIONS = st.one_of(
    st.builds("emails[{} {} {}]".format, INNER, st.sampled_from(["and", "or"]), INNER),
    st.builds("emails[not ({})]".format, INNER),
    st.builds("schemas[value {} {}]".format, OPERATORS, VALUES),
    st.builds("groups[display {} {}]".format, OPERATORS, VALUES),
)

FILTERS = st.recursive(
    st.one_of(COMPARISONS, COMPARISONS, PRESENCES, BOOLEANS, TIMES, SELECTIONS),
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=4,
)
