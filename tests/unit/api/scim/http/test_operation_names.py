"""Has a request the name of the route that FastAPI would choose for it?"""

from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match

from api.scim.http.endpoints import ENDPOINTS
from api.scim.http.operation_names import UNKNOWN, operation_name
from api.scim.http.routes import documented_routes

ROUTES = [route for route in documented_routes().routes if isinstance(route, APIRoute)]

METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
WORDS = sorted({word for endpoint in ENDPOINTS for word in endpoint.path.split("/")})
SEGMENTS = st.sampled_from(WORDS) | st.text(st.characters(exclude_characters="\n"), max_size=3)
PATHS = st.lists(SEGMENTS, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))


@given(method=METHODS, path=PATHS)
def test_a_request_is_named_like_the_route_that_fastapi_would_choose(
    method: str, path: str
) -> None:
    scope = {"type": "http", "method": method, "path": f"/scim/v2/acme{path}", "root_path": ""}
    chosen = (route.name for route in ROUTES if route.matches(scope)[0] is Match.FULL)
    assert operation_name(method, path) == next(chosen, UNKNOWN)
