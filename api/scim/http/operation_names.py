"""What is the name of the operation that a request asks for? Metrics and the log show it."""

from api.scim.http.endpoints import ENDPOINTS

UNKNOWN = "unknown_endpoint"
"""The name of every request that reaches no endpoint, or none with its method."""

NAMES = {(endpoint.method, endpoint.path): endpoint.name for endpoint in ENDPOINTS}

OPERATION_NAMES = {*NAMES.values(), UNKNOWN}


def operation_name(method: str, path: str) -> str:
    """Return the name for a method and a path below the base URL of a connection."""
    if name := NAMES.get((method, path)):
        return name
    parent, _, last = path.rpartition("/")
    return NAMES.get((method, f"{parent}/{{id}}"), UNKNOWN) if last else UNKNOWN
