"""What is served to administrators? ``create_admin_app`` builds the application for them."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from api.access.tokens import digest_of
from api.admin.administration import Administration
from api.admin.examination import Examination, OneExamination
from api.admin.http.access import Access
from api.admin.http.errors import MethodNotAllowed, UnknownPath, UnreadableBody
from api.admin.http.gate import PREFIX, Gate
from api.admin.http.openapi import BEARER, DESCRIPTION, describe, operation_of
from api.admin.http.problems import TYPES, answer_to, title_of
from api.admin.http.request_names import refuse_unknown_query
from api.admin.http.routers import ROUTERS
from api.admin.remedies import REMEDIES
from api.console.application import PREFIX as CONSOLE
from api.console.application import create_console
from api.errors import ApiError
from api.http.correlation import CorrelationIds
from api.http.documentation_page import documentation_routes


def create_admin_app(
    it: Administration,
    *,
    examination: Examination,
    operator_token: str | None = None,
    documented: bool = True,
    console: bool = True,
    on_change: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Return the application.

    :param examination: examines the installation; no two run at once.
    :param operator_token: the token that reaches everything; without it, only tokens of
        administrators open the API.
    :param documented: whether the api serves its OpenAPI document, which takes no token.
    :param console: whether the console is served as well.
    :param on_change: called after each request that may have marked identities, so that a relay in
        the same process need not wait for its next look.
    """
    app = _AdminApi(
        title="Muster: administration",
        description=DESCRIPTION,
        version="1",
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        routes=list(_routes_of_api()),
    )
    app.state.examination = OneExamination(examination)
    if documented:
        app.include_router(documentation_routes(app.openapi, app.title))
        app.include_router(_problem_routes())
    operator = None if operator_token is None else digest_of(operator_token)
    access = Access(it.directory, it.clock, operator)
    if console:
        app.mount(CONSOLE, create_console(it, access, on_change))
        app.include_router(_to_console())
    app.add_middleware(Gate, it=it, access=access, on_change=on_change)
    app.add_middleware(CorrelationIds)
    app.add_exception_handler(RequestValidationError, _refuse_invalid)
    app.add_exception_handler(HTTPException, _refuse)
    return app


@cache
def _routes_of_api() -> Sequence[BaseRoute]:
    """Return the routes below the prefix, which all applications of this process share.

    They hold no state. FastAPI reads the signatures of their functions when it meets the first
    request: every application with routes of its own would do so again, for 60 ms.
    """
    api = APIRouter(
        prefix=PREFIX,
        dependencies=[BEARER, Depends(refuse_unknown_query)],
        responses=ANY_PROBLEM,
        generate_unique_id_function=operation_of,
    )
    for router in ROUTERS:
        api.include_router(router)
    return tuple(api.routes)


ANY_PROBLEM: dict[int | str, dict[str, Any]] = {"4XX": {"description": "A problem."}}
"""Keeps FastAPI from describing errors of its own; ``describe`` tells of Muster's."""


class _AdminApi(FastAPI):
    """FastAPI with problems in its OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            describe(super().openapi())
        return super().openapi()


async def _refuse_invalid(_request: Request, error: Exception) -> Response:
    return answer_to(error)


async def _refuse(request: Request, error: Exception) -> Response:
    """Answer without a route. Paths beside the prefix are those of balancers and browsers."""
    assert isinstance(error, HTTPException)
    if not request.scope["path"].startswith(PREFIX):
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
    return answer_to(_refusal(error))


def _refusal(error: HTTPException) -> ApiError:
    match error.status_code:
        case 404:
            return UnknownPath()
        case 405:
            return MethodNotAllowed((error.headers or {}).get("Allow", "other methods"))
        case _:
            return UnreadableBody()


def _to_console() -> APIRouter:
    """Return the routes that lead browsers to the console."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    @router.get(CONSOLE)
    async def console(request: Request) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}{CONSOLE}/")

    return router


def _problem_routes() -> APIRouter:
    """Return the routes that describe kinds of problems; the ``type`` of a problem leads to one."""
    router = APIRouter(include_in_schema=False, tags=["problems"])

    @router.get(f"{TYPES}{{code}}")
    async def problem(code: str) -> dict[str, str]:
        if code not in REMEDIES:
            raise HTTPException(404)
        return {"type": f"{TYPES}{code}", "title": title_of(code), "remedy": REMEDIES[code]}

    return router
