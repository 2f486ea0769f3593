"""What would the least cost that could be called an ingress? The floor that ours is held against.

``python -m tests.benchmarks.bare_api URL PORT``: FastAPI parses the JSON and commits two rows with
one statement, or reads one, on asyncpg. No token, no SCIM, no answer but what was stored.
"""

import asyncio
import json
import sys
import uuid
from typing import Any

import asyncpg
from fastapi import FastAPI, Request, Response

from deploy.http.server import bind_api, serve
from deploy.processes.event_loop import run_process
from deploy.settings import Settings

TABLES = """
CREATE TABLE bare_users (
    id text PRIMARY KEY, name text UNIQUE NOT NULL, resource json NOT NULL
);
CREATE TABLE bare_identities (
    id text PRIMARY KEY, active boolean NOT NULL, profile json NOT NULL
);
"""
CREATE = """
WITH added AS (INSERT INTO bare_users VALUES ($1, $2, $3))
INSERT INTO bare_identities VALUES ($1, true, $3)
"""
DEACTIVATE = """
WITH left_now AS (UPDATE bare_identities SET active = false WHERE id = $1)
UPDATE bare_users SET resource = (resource::jsonb || $2::jsonb)::json WHERE id = $1
RETURNING resource
"""
LOOK_UP = "SELECT resource FROM bare_users WHERE name = $1"


def bare_app(pool: "asyncpg.Pool[Any]") -> FastAPI:
    """Return the application."""
    app = FastAPI(openapi_url=None)

    @app.post("/Users")
    async def create(request: Request) -> Response:
        user = json.loads(await request.body())
        id_, text = uuid.uuid4().hex, json.dumps(user)
        await pool.execute(CREATE, id_, user["userName"].lower(), text)
        return Response(f'{{"id":"{id_}",{text[1:]}', 201, media_type="application/scim+json")

    @app.patch("/Users/{id}")
    async def deactivate(request: Request, id: str) -> Response:  # noqa: A002 - as in the path
        patch = json.loads(await request.body())
        change = json.dumps(patch["Operations"][0]["value"])
        user = await pool.fetchval(DEACTIVATE, id, change)
        return Response(user, media_type="application/scim+json")

    @app.get("/Users")
    async def look_up(filter: str) -> Response:  # noqa: A002 - as providers call it
        name = filter.partition('"')[2].rstrip('"').lower()
        return Response(await pool.fetchval(LOOK_UP, name), media_type="application/scim+json")

    return app


async def _serve(url: str, settings: Settings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)  # readable at its end
    async with asyncpg.create_pool(url, min_size=10, max_size=20) as pool:
        with bind_api(settings) as listener:
            await serve(bare_app(pool), listener, stop)


if __name__ == "__main__":
    run_process(_serve(sys.argv[1], Settings(port=int(sys.argv[2]), log_level="error")))
