"""What do providers send? The bodies that the benchmarks push."""

from typing import Any

from tests.drivers.in_process import PATCH, USER


def user(name: str) -> dict[str, Any]:
    """Return a user as Okta pushes it."""
    return {
        "schemas": [USER],
        "userName": f"{name}@bench.test",
        "name": {"givenName": name, "familyName": "Quill"},
        "emails": [{"primary": True, "value": f"{name}@bench.test", "type": "work"}],
        "displayName": f"{name} Quill",
        "locale": "en-US",
        "externalId": name,
        "active": True,
    }


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a PATCH."""
    return {"schemas": [PATCH], "Operations": operations}


DEACTIVATION = patch({"op": "replace", "value": {"active": False}})


def joining(member: str) -> dict[str, Any]:
    """Return the PATCH that puts somebody into a group."""
    return patch({"op": "add", "path": "members", "value": [{"value": member}]})


def leaving(member: str) -> dict[str, Any]:
    """Return the PATCH that takes somebody out of a group."""
    return patch({"op": "remove", "path": f'members[value eq "{member}"]'})
