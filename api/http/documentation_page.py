"""Where does the api describe itself? ``/openapi.json`` holds the document, ``/docs`` shows it.

The page loads nothing from other hosts, so that it works where none can be reached, no other host
learns of its readers, and no foreign script runs beside a token that is typed in.
"""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

VIEWER_PACKAGE = "fastapi_swagger.resources"
"""The package that ships each release of Swagger UI as files."""

VIEWER_FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
"""The files of the viewer that the page needs, with their media types."""

PAGE_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

START_SCRIPT = """"use strict";
SwaggerUIBundle({
    dom_id: "#swagger-ui",
    url: "openapi.json",
    deepLinking: true,
    validatorUrl: null,  // the viewer's own is another host
});
"""

SECURITY_HEADERS = {
    # Images in data URIs are those of the viewer's own style sheet.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

CACHED_HEADERS = SECURITY_HEADERS | {"Cache-Control": "public, max-age=3600"}


def documentation_routes(document: Callable[[], dict[str, Any]], title: str) -> APIRouter:
    """Return the routes that serve an OpenAPI document and a page that shows it.

    :param document: returns the document, once all routes are mounted.
    :param title: that of the page.
    """
    router = APIRouter(include_in_schema=False)

    @cache
    def written() -> bytes:
        return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()

    @router.get("/openapi.json")
    async def openapi() -> Response:
        return Response(written(), media_type="application/json", headers=SECURITY_HEADERS)

    @router.get("/docs")
    async def page() -> Response:
        return HTMLResponse(PAGE_HTML.format(title=title), headers=SECURITY_HEADERS)

    @router.get("/redoc")
    async def other_page() -> Response:
        return RedirectResponse("docs")

    @router.get("/docs/start.js")
    async def start() -> Response:
        return Response(START_SCRIPT, media_type="text/javascript", headers=CACHED_HEADERS)

    @router.get("/docs/{name}")
    async def file(name: str) -> Response:
        if name not in VIEWER_FILES:
            raise HTTPException(404)
        return Response(_read(name), media_type=VIEWER_FILES[name], headers=CACHED_HEADERS)

    return router


@cache
def _read(name: str) -> bytes:
    """Return a file of the viewer; the cache keeps one copy for all requests."""
    return (files(VIEWER_PACKAGE) / name).read_bytes()
