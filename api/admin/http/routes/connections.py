"""Which routes have connections? They are created, listed, shown and deleted, and stopped."""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.brakes import change_brake
from api.admin.connection_states import change_state, show_connection
from api.admin.connections import ConnectionInUse, list_connections, open_connection
from api.admin.delete_connection import delete_connection, left_to_close
from api.admin.http.asked import Asked, By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.http.wanted_rules import RulesWanted
from api.admin.rules import rules_from
from api.connection_urls import base_url_of
from api.directory.brake_limits import STANDARD
from api.directory.closing import People
from api.directory.connection_states import ConnectionState, Verb
from contracts.rules import Portal, Rules

router = APIRouter(prefix="/connections", tags=["connections"])

RULES = {
    "portal": "store",
    "on_create": {"do": "create-employee"},
    "on_deactivate": {"do": "remove-employee"},
}
CONNECTION = {
    "connection": "acme-store",
    "workspace": "acme",
    "portal": "store",
    "state": "live",
    "state_when_on": "live",
    "state_since": "2026-11-26T20:00:00Z",
    "state_by": "operator",
    "created_at": "2026-11-26T20:00:00Z",
    "base_url": "https://scim.example.com/scim/v2/acme-store",
    "brake": "50:10",
    "rules": RULES,
}


OF_BRAKE = (
    "How many people may leave within any hour: off, or N:SHARE, the larger of a number and a share"
    " in percent of the active people. Others are held."
)


class ConnectionShown(Shown):
    """SCIM switched on for a portal. While it is off, `state_when_on` is what it will be.

    It is `closing` while it is being deleted.
    """

    model_config = with_examples(CONNECTION)

    connection: str
    workspace: str
    portal: Portal
    state: ConnectionState | Literal["off"]
    state_when_on: ConnectionState
    state_since: Time
    state_by: str | None
    created_at: Time
    base_url: str
    brake: str = Field(description=OF_BRAKE)
    rules: Rules
    people: People | None = Field(
        default=None, description="The fate of people, while the connection is being deleted."
    )
    people_left: int | None = Field(
        default=None, description="The people that are left then, until all is applied."
    )


class CredentialsShown(Shown):
    """The base URL and the token for an identity provider; the token is shown only here."""

    model_config = with_examples(
        {
            "connection": "acme-store",
            "base_url": "https://scim.example.com/scim/v2/acme-store",
            "token": "muster_…",
        }
    )

    connection: str
    base_url: str
    token: str


class ConnectionWanted(RulesWanted):
    """A new connection: its portal, and the choices that make up its rules."""

    model_config = with_examples(
        {
            "workspace": "acme",
            "portal": "store",
            "on_create": "create-employee",
            "on_deactivate": "remove-employee",
        }
    )

    workspace: str
    portal: Portal
    observe: bool = Field(
        default=False, description="Whether what is pushed is kept until the connection resumes."
    )
    new_workspace: bool = Field(
        default=False, description="Whether the workspace may be made, where there are others."
    )
    brake: str = Field(default=STANDARD, description=OF_BRAKE)


class BrakeWanted(Body):
    """The new brake of a connection."""

    model_config = with_examples({"brake": "200:20"})

    brake: str = Field(description=OF_BRAKE)


@router.get("")
async def list_(
    by: By,
    paging: Paged,
    workspace: Annotated[str | None, Query(description="Only those of this one.")] = None,
) -> PageOf[ConnectionShown]:
    """List the connections, by their ids."""
    found = await list_connections(by.it, by.actor, workspace)
    left = await left_to_close(by.it, found)
    return paging.shown(paging.of_all(found, lambda it: (it.id,)), _shown_by(by, left))


@router.post("", status_code=201)
async def create(wanted: ConnectionWanted, by: By) -> CredentialsShown:
    """Switch SCIM on for a portal; shows the bearer token this once."""
    credentials = await open_connection(
        by.it,
        by.actor,
        wanted.workspace,
        rules_from(wanted.portal, wanted.choices()),
        observe=wanted.observe,
        new_workspace=wanted.new_workspace,
        brake=wanted.brake,
    )
    return CredentialsShown.model_validate(credentials)


@router.get("/{connection}")
async def show(connection: str, by: By) -> ConnectionShown:
    """Show a connection: its state, since when and by whom, its base URL and its rules."""
    return await _whole(by, await show_connection(by.it, by.actor, connection))


@router.delete("/{connection}", status_code=202)
async def delete(
    connection: str,
    by: By,
    people: Annotated[
        People,
        Query(
            description="keep: accounts and devices stay, unlinked. deactivate: each leaves by the"
            " rules."
        ),
    ],
) -> ConnectionShown:
    """Begin to delete a connection: its tokens end at once, and it closes until all is applied.

    Changes that wait because the connection is paused or observing are not carried out.
    """
    return await _whole(by, await delete_connection(by.it, by.actor, connection, people))


@router.post("/{connection}/pause")
async def pause(connection: str, by: By) -> ConnectionShown:
    """Apply nothing more that the provider pushes, until it is resumed; answers stay the same.

    Events that are on their way already are still applied.
    """
    return await _change(by, connection, Verb.PAUSE)


@router.post("/{connection}/observe")
async def observe(connection: str, by: By) -> ConnectionShown:
    """Apply nothing, as for a first sync that is to be looked at before it counts."""
    return await _change(by, connection, Verb.OBSERVE)


@router.post("/{connection}/resume")
async def resume(connection: str, by: By) -> ConnectionShown:
    """Go live: apply what has waited, the newest state of each person, and all that comes."""
    return await _change(by, connection, Verb.RESUME)


@router.post("/{connection}/off")
async def off(connection: str, by: By) -> ConnectionShown:
    """Answer the provider with 403; people stay as they are, and accepted changes are applied."""
    return await _change(by, connection, Verb.OFF)


@router.post("/{connection}/on")
async def on(connection: str, by: By) -> ConnectionShown:
    """Answer the provider again, in the state that the connection had; its tokens are the same."""
    return await _change(by, connection, Verb.ON)


@router.put("/{connection}/brake")
async def brake(connection: str, wanted: BrakeWanted, by: By) -> ConnectionShown:
    """Set how many people may leave within any hour. Held losses stay held."""
    return await _whole(by, await change_brake(by.it, by.actor, connection, wanted.brake))


async def _change(by: Asked, connection: str, verb: Verb) -> ConnectionShown:
    return await _whole(by, await change_state(by.it, by.actor, connection, verb))


async def _whole(by: Asked, connection: ConnectionInUse) -> ConnectionShown:
    return _shown_by(by, await left_to_close(by.it, [connection]))(connection)


def _shown_by(by: Asked, left: Mapping[str, int]) -> Callable[[ConnectionInUse], ConnectionShown]:
    def shown(it: ConnectionInUse) -> ConnectionShown:
        return ConnectionShown.model_validate(
            {
                "connection": it.id,
                "workspace": it.workspace,
                "portal": it.portal,
                "state": it.standing.shown,
                "state_when_on": it.standing.state,
                "state_since": it.state_since,
                "state_by": it.state_by,
                "created_at": it.created_at,
                "base_url": base_url_of(by.it.public_url, it.id),
                "brake": it.brake,
                "rules": it.rules,
                "people": it.closing and it.closing.people,
                "people_left": left.get(it.id),
            }
        )

    return shown
