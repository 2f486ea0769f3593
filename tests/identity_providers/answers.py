"""What must every answer look like, whoever asks? Checks that give back what they checked."""

from collections.abc import Mapping
from typing import Any

import httpx2

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def page_of(answer: httpx2.Response) -> dict[str, Any]:
    """Return the page that an answer lists, whose counters importers read as integers."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/scim+json"
    page: dict[str, Any] = answer.json()
    assert page["schemas"] == [LIST]
    assert type(page["totalResults"]) is int
    assert all(type(page.get(name, 1)) is int for name in ("startIndex", "itemsPerPage"))
    assert page.get("itemsPerPage", 0) == len(page.get("Resources", []))
    return page


def error_of(answer: httpx2.Response, status: int, scim_type: str | None = None) -> str:
    """Return the detail of an error, which says its status as a string."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/scim+json"
    error = answer.json()
    assert error["schemas"] == [ERROR]
    assert error["status"] == str(status)
    assert error.get("scimType") == scim_type, answer.text
    detail: str = error["detail"]
    assert detail
    return detail


def resource_of(answer: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """Return the resource that an answer shows."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/scim+json"
    resource: dict[str, Any] = answer.json()
    return resource


def with_members(entries: list[Mapping[str, Any]], **wanted: Any) -> list[Mapping[str, Any]]:
    """Return the entries that hold what is wanted."""
    return [
        entry
        for entry in entries
        if all(entry.get(name) == value for name, value in wanted.items())
    ]
