"""What does ``muster requests`` do? It shows what a provider asked, the answers, and remedies."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.requests import WantedRequests, list_requests
from contracts.clock import now
from deploy.commands.empty_lists import none_in
from deploy.commands.expiry import FORMS_OF_PAST, past_of
from deploy.commands.output import show_rows, with_times
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.own_command import as_called_here

COLUMNS = ("number", "at", "method", "path", "status", "seconds", "code", "correlation_id")
OF_ERRORS = ("detail", "remedy")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(requests)


def requests(
    connection: ConnectionId,
    errors: Annotated[bool, typer.Option("--errors", help="Only those that were refused.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help=f"Only since then, in UTC: {FORMS_OF_PAST}."),
    ] = None,
    resource: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only of the user or group with this SCIM id."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="The most requests that are shown.")
    ] = 50,
    before: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Only requests before the one so numbered.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a provider asked and how it was answered, the latest first, with remedies.

    Filters, names and other personal values are masked. Requests are kept for seven days.

    Example: muster requests acme-store --errors --since 1h
    """
    since_when = None if since is None else past_of(since, now())
    wanted = WantedRequests(errors, since_when, resource)

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_requests(it, COMMAND, connection, wanted, before=before, most=limit)
        return [with_times(asdict(request), "at") for request in found]

    rows = on_administration(work)
    if not as_json:
        rows = [row | {"remedy": as_called_here(row["remedy"] or "")} for row in rows]
    told = OF_ERRORS if any(row["code"] for row in rows) else ()
    narrowed = before is not None or wanted != WantedRequests()
    if_none = none_in("requests", narrowed=narrowed)
    show_rows(rows, (*COLUMNS, *told), as_json=as_json, if_none=if_none)
