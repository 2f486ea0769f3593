"""What does ``muster rules`` do? It shows the groups and roles that rules can map."""

from dataclasses import asdict
from typing import Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.seen_names import list_seen_roles, mapping_warnings, page_seen_groups
from deploy.commands.output import print_json, show_rows
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.visible_text import say
from deploy.commands.workspace_names import Limit

app = typer.Typer(no_args_is_help=True, help="Groups and roles that rules can map.")

GROUPS_AT_ONCE = 500
"""Groups that a statement reads."""


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="rules")


@app.callback()
def _rules() -> None:
    """Keep ``choices`` a subcommand while it is the only one."""


@app.command()
def choices(connection: ConnectionId, limit: Limit = None, as_json: JsonOption = False) -> None:
    """Show the groups and SCIM roles that were pushed, to map them to roles, and warnings.

    A group is mapped by its name (connections change --map-role) or by its id (--map-group), which
    stays when the provider gives the group another name.

    Example: muster rules choices acme-dashboard
    """

    async def work(it: Administration) -> dict[str, Any]:
        return {
            "connection": connection,
            "groups": await _groups(it, connection, limit),
            "roles": [asdict(each) for each in await list_seen_roles(it, COMMAND, connection)],
            "warnings": list(await mapping_warnings(it, COMMAND, connection)),
        }

    found = on_administration(work)
    if as_json:
        print_json(found)
        return
    show_rows(found["groups"], ("name", "id", "role"), as_json=False)
    if found["roles"]:
        show_rows(found["roles"], ("value", "role"), as_json=False)
    for warning in found["warnings"]:
        say(f"warning: {warning}")


async def _groups(it: Administration, connection: str, limit: int | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after = None
    while limit is None or len(rows) < limit:
        most = GROUPS_AT_ONCE if limit is None else min(GROUPS_AT_ONCE, limit - len(rows))
        page = await page_seen_groups(it, COMMAND, connection, after=after, most=most)
        rows += map(asdict, page.items)
        if (after := page.next) is None:
            break
    return rows
