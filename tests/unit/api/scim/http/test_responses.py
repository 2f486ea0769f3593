"""Is what is ready written as it stands, and everything else as JSON?"""

import json
from http import HTTPStatus
from typing import Any

import pytest
from scim2_server.responses import ScimResponse

from api.scim.http.responses import as_http
from api.scim.protocol.ready_json import ReadyJson

READY = ReadyJson('[{"value":"x"}]')


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"a": "Æ\n", "b": [1, {"c": None}]}, {"a": "Æ\n", "b": [1, {"c": None}]}),
        ({"schemas": ["s"], "members": READY}, {"schemas": ["s"], "members": [{"value": "x"}]}),
        ({"Resources": []}, {"Resources": []}),
        (
            {"Resources": [{"id": "1", "members": READY}, {"id": "2"}], "totalResults": 2},
            {
                "Resources": [{"id": "1", "members": [{"value": "x"}]}, {"id": "2"}],
                "totalResults": 2,
            },
        ),
    ],
)
def test_an_answer_is_the_json_of_its_parts(body: dict[str, Any], expected: Any) -> None:
    assert json.loads(bytes(as_http(ScimResponse(HTTPStatus.OK, body)).body)) == expected
