"""Is the api alive, and can it serve? For whoever restarts processes and routes requests."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from api.directory.database import DirectoryDatabase
from api.directory.tables import Connection


def health_routes(database: DirectoryDatabase) -> APIRouter:
    """Return ``/livez``, which asks nobody, and ``/readyz``, which asks the database."""
    router = APIRouter(tags=["Health"], default_response_class=Response)

    @router.get("/livez", status_code=204)
    async def livez() -> Response:
        return Response(status_code=204)

    @router.get("/readyz", status_code=204)
    async def readyz() -> Response:
        try:
            async with database.read() as db:
                await db.execute(select(col(Connection.id)).limit(1))
        except (SQLAlchemyError, OSError):
            return Response(status_code=503)
        return Response(status_code=204)

    return router
