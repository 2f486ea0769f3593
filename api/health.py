"""Is the api alive, and can it serve? For whoever restarts processes and routes requests."""

from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from api.directory.database import DirectoryDatabase
from api.schema import schema_is_current


def health_routes(database: DirectoryDatabase) -> APIRouter:
    """Return ``/livez``, which asks nobody, and ``/readyz``, which asks the database."""
    router = APIRouter(tags=["Health"], default_response_class=Response)

    @router.get("/livez", status_code=204)
    async def livez() -> Response:
        return Response(status_code=204)

    @router.get("/readyz", status_code=204)
    async def readyz() -> Response:
        try:
            ready = await schema_is_current(database.reading)
        except (SQLAlchemyError, OSError):
            ready = False
        return Response(status_code=204 if ready else 503)

    return router
