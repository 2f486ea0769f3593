"""How do tests come by many calls of providers? Rows of the request log, written as they are."""

from collections.abc import Sequence

from sqlalchemy import insert

from api.admin.requests import REQUESTS
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now

AT_ONCE = 1_000


async def log_calls(
    database: DirectoryDatabase,
    connection: str,
    resources: Sequence[str | None],
    *,
    path: str = "/Users",
    status: int = 200,
    code: str | None = None,
    detail: str | None = None,
) -> None:
    """Note that a provider has changed resources, one after the other."""
    rows = [
        {
            "connection_id": connection,
            "at": now(),
            "method": "PATCH",
            "path": path if resource is None else f"{path}/{resource}",
            "resource_id": resource,
            "status": status,
            "code": code,
            "detail": detail,
            "micros": 4_000,
            "correlation_id": f"call-{number}",
            "address": None,
        }
        for number, resource in enumerate(resources)
    ]
    async with database.write() as db:
        for start in range(0, len(rows), AT_ONCE):
            await db.execute(insert(REQUESTS), rows[start : start + AT_ONCE])
