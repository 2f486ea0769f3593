"""Does a path lead to the same target as by trying the library's routes one after the other?"""

from typing import Any

import pytest
from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.routing import match

from api.scim.protocol.service import TolerantScimService

ID = "0123456789abcdef" * 2


def outcome(find: Any) -> Any:
    """Return a target, or what its error says."""
    try:
        return find()
    except SCIMException as error:
        return type(error), error.detail, getattr(error, "allowed", None)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"])
@pytest.mark.parametrize(
    "path",
    [
        *(
            f"{place}/{id_}"
            for place in ("/Users", "/Groups")
            for id_ in (ID, ID.upper(), "id", "")
        ),
        *(f"{place}/{ID}" for place in ("", "/Me", "/Bulk", "/Schemas", "/.search", "/a/Users")),
        *("/Users", "/Users/.search", f"/Users/{ID}/", f"/users/{ID}", f"/Users/{ID}\n", "/"),
    ],
)
def test_a_path_leads_where_the_routes_of_the_library_lead(method: str, path: str) -> None:
    request = ScimRequest(method, "https://muster.test", path)
    for _ in range(2):  # the second time from memory
        ours = outcome(lambda: TolerantScimService.match(request))
        assert ours == outcome(lambda: match(method, path))
