"""Is a request that may be a leaver's told from others, cheaply and in every form?"""

import json
from typing import Any

import pytest

from api.scim.http.beyond_rate import may_deactivate


@pytest.mark.parametrize(
    ("body", "may"),
    [
        ({"Operations": [{"op": "replace", "value": {"active": False}}]}, True),
        ({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}, True),
        ({"Operations": [{"op": "replace", "path": "ACTIVE", "value": [{"value": False}]}]}, True),
        ({"userName": "ada", "active": False, "title": "Weaver"}, True),
        ({"userName": "ada", "active": True}, False),
        ({"userName": "ada", "primary": False}, False),
        ({"Operations": [{"op": "replace", "path": "title", "value": "Weaver"}]}, False),
    ],
    ids=str,
)
def test_a_body_tells_whether_it_may_deactivate(body: Any, may: bool) -> None:
    assert may_deactivate(json.dumps(body).encode()) is may


def test_a_large_body_is_looked_through_as_well() -> None:
    photo = {"photos": [{"value": "x" * 1_000_000}]}
    assert may_deactivate(json.dumps(photo | {"active": False}).encode())
    assert not may_deactivate(json.dumps(photo | {"active": True}).encode())
