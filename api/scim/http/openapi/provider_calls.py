"""Which calls do providers make? The document shows those of Okta and of Entra ID as examples.

The two send the same change in different forms; the table of tolerances says how each is read.
"""

from collections.abc import Mapping
from typing import Any

from api.scim.http.openapi.example_answers import ADA, ENTERPRISE, GROUP, MESSAGES, USER

OKTA_USER = {
    "schemas": [USER],
    "userName": "ada@acme.example",
    "name": {"givenName": "Ada", "familyName": "Byron"},
    "emails": [{"primary": True, "value": "ada@acme.example", "type": "work"}],
    "displayName": "Ada Byron",
    "locale": "en-US",
    "externalId": "00u1ada",
    "groups": [],
    "active": True,
}
ENTRA_USER = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "ada-1",
    "userName": "ada@acme.example",
    "active": True,
    "displayName": "Ada Byron",
    "emails": [{"primary": True, "type": "work", "value": "ada@acme.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Ada Byron", "familyName": "Byron", "givenName": "Ada"},
    ENTERPRISE: {"department": "Weaving", "employeeNumber": "17"},
}


def _example(summary: str, value: Any) -> dict[str, Any]:
    return {"summary": summary, "value": value}


def _change(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [f"{MESSAGES}PatchOp"], "Operations": list(operations)}


FILTERS: Mapping[str, dict[str, Any]] = {
    "/Users": {
        "name": _example(
            "Okta and Entra ID look for the name that a person signs in with",
            'userName eq "ada@acme.example"',
        ),
        "external-id": _example("Entra ID looks for its own id", 'externalId eq "ada-1"'),
    },
    "/Groups": {
        "name": _example("Okta and Entra ID look for a name", 'displayName eq "Weavers"'),
    },
}
"""Filters of searches, by the path of the endpoint."""

BODIES: Mapping[str, dict[str, Any]] = {
    "create_user": {
        "okta": _example("Okta assigns a person", OKTA_USER),
        "entra": _example("Entra ID assigns a person", ENTRA_USER),
    },
    "replace_user": {
        "okta": _example("Okta pushes a profile", OKTA_USER | {"title": "Countess"}),
        "okta-deactivates": _example(
            "Okta deactivates a person, in an app made with the wizard",
            OKTA_USER | {"active": False},
        ),
    },
    "modify_user": {
        "okta-deactivates": _example(
            "Okta deactivates a person", _change({"op": "replace", "value": {"active": False}})
        ),
        "entra-deactivates": _example(
            "Entra ID deactivates a person",
            _change({"op": "Replace", "path": "active", "value": "False"}),
        ),
        "entra": _example(
            "Entra ID changes attributes",
            _change(
                {"op": "Replace", "path": "name.familyName", "value": "Lovelace"},
                {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Engines"},
            ),
        ),
    },
    "create_group": {
        "okta": _example(
            "Okta pushes a group",
            {"schemas": [GROUP], "displayName": "Weavers", "members": []},
        ),
        "entra": _example(
            "Entra ID provisions a group",
            {
                "schemas": [GROUP],
                "externalId": "weavers-1",
                "displayName": "Weavers",
                "meta": {"resourceType": "Group"},
            },
        ),
    },
    "replace_group": {
        "whole": _example(
            "A provider sends a whole group",
            {"schemas": [GROUP], "displayName": "Weavers", "members": [{"value": ADA}]},
        ),
    },
    "modify_group": {
        "okta-adds": _example(
            "Okta adds a member",
            _change(
                {
                    "op": "add",
                    "path": "members",
                    "value": [{"value": ADA, "display": "ada@acme.example"}],
                }
            ),
        ),
        "okta-removes": _example(
            "Okta removes a member",
            _change({"op": "remove", "path": f'members[value eq "{ADA}"]'}),
        ),
        "entra-adds": _example(
            "Entra ID adds a member",
            _change({"op": "Add", "path": "members", "value": [{"value": ADA}]}),
        ),
        "entra-removes": _example(
            "Entra ID removes a member",
            _change({"op": "Remove", "path": "members", "value": [{"value": ADA}]}),
        ),
    },
    "search_users_by_post": {
        "name": _example(
            "A search by name",
            {
                "schemas": [f"{MESSAGES}SearchRequest"],
                "filter": 'userName eq "ada@acme.example"',
                "attributes": ["userName", "active"],
            },
        ),
    },
    "run_many_operations": {
        "join": _example(
            "A person and a group that has the person as a member",
            {
                "schemas": [f"{MESSAGES}BulkRequest"],
                "Operations": [
                    {
                        "method": "POST",
                        "path": "/Users",
                        "bulkId": "ada",
                        "data": {"schemas": [USER], "userName": "ada@acme.example"},
                    },
                    {
                        "method": "POST",
                        "path": "/Groups",
                        "bulkId": "weavers",
                        "data": {
                            "schemas": [GROUP],
                            "displayName": "Weavers",
                            "members": [{"value": "bulkId:ada"}],
                        },
                    },
                ],
            },
        ),
    },
}
"""The bodies of requests, by the id of the operation."""
