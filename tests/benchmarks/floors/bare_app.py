"""What would the least cost that could be called an ingress? A bare FastAPI application.

It parses the JSON, and changes or reads its rows by one statement. No token, no SCIM, no answer but
what was stored.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Protocol

from fastapi import FastAPI, Request, Response

SCIM = "application/scim+json"


class BareStore(Protocol):
    """Two rows for each user, and one for each member of a group."""

    async def create(self, id_: str, name: str, user: str) -> None: ...

    async def deactivate(self, id_: str, change: str) -> str: ...

    async def look_up(self, name: str) -> str: ...

    async def page(self, after: str) -> Sequence[str]: ...

    async def join(self, group: str, member: str) -> None: ...

    async def leave(self, group: str, member: str) -> None: ...


def bare_app(store: BareStore) -> FastAPI:
    """Return the application."""
    app = FastAPI(openapi_url=None)

    @app.post("/Users")
    async def create(request: Request) -> Response:
        user = json.loads(await request.body())
        id_, text = uuid.uuid4().hex, json.dumps(user)
        await store.create(id_, user["userName"].lower(), text)
        return Response(f'{{"id":"{id_}",{text[1:]}', 201, media_type=SCIM)

    @app.patch("/Users/{id}")
    async def deactivate(request: Request, id: str) -> Response:  # noqa: A002 - as in the path
        patch = json.loads(await request.body())
        change = json.dumps(patch["Operations"][0]["value"])
        return Response(await store.deactivate(id, change), media_type=SCIM)

    @app.get("/Users")
    async def find(filter: str = "", after: str = "") -> Response:  # noqa: A002 - as providers call it
        if after:
            return Response(f"[{','.join(await store.page(after))}]", media_type=SCIM)
        name = filter.partition('"')[2].rstrip('"').lower()
        return Response(await store.look_up(name), media_type=SCIM)

    @app.patch("/Groups/{id}")
    async def change_members(request: Request, id: str) -> Response:  # noqa: A002 - as above
        operation = json.loads(await request.body())["Operations"][0]
        if operation["op"] == "add":
            await store.join(id, operation["value"][0]["value"])
        else:
            await store.leave(id, operation["path"].split('"')[1])
        return Response(status_code=204)

    return app
