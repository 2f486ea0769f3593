"""Which people do providers create? These are bodies as they send them, and bodies like those."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.conformance.scim_directories import WORDS
from tests.drivers.in_process import USER

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ADDRESS = "ivy@mill.test"

Json = dict[str, Any]

BODIES: dict[str, Json] = {
    "okta": {
        "schemas": [USER],
        "userName": ADDRESS,
        "name": {"givenName": "Ivy", "familyName": "Reel"},
        "emails": [{"primary": True, "value": ADDRESS, "type": "work"}],
        "displayName": "Ivy Reel",
        "locale": "en-US",
        "externalId": "00uMill1",
        "groups": [],
        "password": "t7-Spool",
        "active": True,
    },
    "okta with a profile": {
        "schemas": [USER, ENTERPRISE],
        "userName": ADDRESS,
        "name": {
            "givenName": "Ivy",
            "familyName": "Reel",
            "middleName": "",
            "honorificPrefix": "Dr.",
        },
        "emails": [
            {"primary": True, "value": ADDRESS, "type": "work"},
            {"primary": False, "value": "ivy@home.test", "type": "home"},
        ],
        "phoneNumbers": [{"value": "555 1", "type": "mobile", "primary": True}],
        "addresses": [{"streetAddress": "1 Weir\nMill", "type": "work", "country": "GB"}],
        "title": "Spinner",
        "nickName": "Iv",
        "profileUrl": "https://mill.test/ivy",
        "timezone": "Europe/London",
        "userType": "Staff",
        "preferredLanguage": "en",
        "active": False,
        ENTERPRISE: {
            "employeeNumber": "7",
            "department": "Looms",
            "costCenter": "CC-9",
            "organization": "Mill",
            "division": "North",
            "manager": {"value": "M7"},
        },
    },
    "entra": {
        "schemas": [
            USER,
            ENTERPRISE,
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User",
        ],
        "externalId": "leo-1",
        "userName": "leo@kiln.test",
        "active": True,
        "displayName": "Leo Törn",
        "emails": [{"primary": True, "type": "work", "value": "leo@kiln.test"}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Leo Törn", "familyName": "Törn", "givenName": "Leo"},
        "roles": [{"primary": True, "type": "AppRole", "value": "Admin", "display": "Admin"}],
        ENTERPRISE: {"department": "Kilns", "manager": {"value": "M1"}},
    },
    "onelogin": {
        "schemas": [USER],
        "userName": "olo@mill.test",
        "name": {"givenName": "Olo", "familyName": "Finch", "formatted": "Olo Finch"},
        "displayName": "Olo Finch",
        "emails": [{"value": "olo@mill.test", "type": "work", "primary": True}],
        "externalId": "31",
    },
    "jumpcloud": {
        "schemas": [USER],
        "userName": "di@mill.test",
        "active": True,
        "name": {"givenName": "Di", "familyName": "Ford"},
        "emails": [{"value": "di@mill.test", "type": "work", "primary": True}],
    },
    "authentik": {
        "schemas": [USER],
        "userName": "kit",
        "name": {"formatted": "Kit Lowe", "givenName": "Kit", "familyName": "Lowe"},
        "displayName": "Kit Lowe",
        "photos": [],
        "locale": "en",
        "active": True,
        "emails": [{"value": "kit@mill.test", "type": "other", "primary": True}],
        "externalId": "c0ffee",
    },
    "google": {
        "schemas": [USER, ENTERPRISE],
        "userName": "gil@mill.test",
        "name": {"givenName": "Gil", "familyName": "Hart"},
        "emails": [{"value": "gil@mill.test", "type": "work", "primary": True}],
        "active": True,
        ENTERPRISE: {"department": "Sails"},
    },
    "keycloak": {
        "schemas": [USER],
        "userName": "ida",
        "externalId": "5",
        "active": True,
        "name": {"givenName": "Ida", "familyName": "Jay"},
        "emails": [{"value": "ida@mill.test", "primary": True, "type": "home"}],
    },
    "rippling": {
        "schemas": [USER],
        "userName": "rip@mill.test",
        "emails": [{"value": "rip@mill.test", "primary": True}],
        "active": True,
    },
}

ODD_TEXTS = [
    *WORDS,
    " ",
    "\u200b",
    " ada ",
    "x" * 500,
    "x" * 501,
    "\ufb01",
    "\u212b",
    "a" + "\u0301" * 31,
    "a\x00",
    "[1]",
    ' {"value": "Admin", "displayName": "A"}',
    "Work",
    "True",
    USER,
    ENTERPRISE.upper(),
    "urn:ietf:params:scim:schemas:core:2.0:Group",
]
ODD_VALUES: list[Any] = [
    *ODD_TEXTS,
    None,
    True,
    False,
    0,
    1,
    1.5,
    [],
    {},
    [[]],
    [{}],
    [None],
    ["x"],
    {"value": "x"},
    [{"value": "x"}],
    [{"value": "x", "primary": True}, {"value": "y", "primary": True}],
    {"resourceType": "User"},
    {"A": 1, "a": 2},
]
KEYS = [
    *("id", "meta", "groups", "password", "schemas", "name", "emails", "roles", "photos"),
    *("entitlements", "x509Certificates", "title", "manager", "type", "primary", "display"),
    *("value", "$ref", "userName", "USERNAME", "user_name", "active", "externalId", "unknown"),
    *("name.givenName", f"{ENTERPRISE}:department", ENTERPRISE, ENTERPRISE.lower(), "x" * 501),
]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container within a value, with each of its keys or indexes."""
    keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


def once_altered(body: Json) -> Iterator[Json]:
    """Yield a body with every odd value, in every place and under every further key."""
    for number, (holder, _) in enumerate(list(_places(body))):
        for value in ODD_VALUES:
            yield _altered(body, number, None, value)
        for key in KEYS if isinstance(holder, dict) else ():
            yield _altered(body, number, key, "x")


def _altered(body: Json, number: int, key: str | None, value: Any) -> Json:
    altered = deepcopy(body)
    holder, place = list(_places(altered))[number]
    holder[place if key is None else key] = deepcopy(value)
    return altered


@st.composite
def altered_bodies(draw: st.DrawFn) -> Json:
    """Draw a body that a provider sends, changed in up to three places."""
    body = deepcopy(draw(st.sampled_from(list(BODIES.values()))))
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(body))
        holder: Any
        key: Any
        holder, key = draw(st.sampled_from(places)) if places else (body, "userName")
        match draw(st.sampled_from(["replace", "remove", "add", "rename", "double"])):
            case "replace":
                holder[key] = deepcopy(draw(st.sampled_from(ODD_VALUES)))
            case "remove":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(st.sampled_from(KEYS))] = deepcopy(draw(st.sampled_from(ODD_VALUES)))
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from([key.upper(), key.lower()]))] = holder.pop(key)
            case "double" if isinstance(holder, list):
                holder.append(deepcopy(holder[key]))
            case _:
                pass  # an object has no key twice
    return body
