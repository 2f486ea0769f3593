"""Which routes have the set-up links of a connection? They are listed, made and ended."""

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.setup_links import (
    LinkState,
    ListedLink,
    create_setup_link,
    list_setup_links,
    revoke_setup_link,
)
from contracts.clock import microseconds_of
from contracts.downstream.pages import Key

router = APIRouter(prefix="/connections/{connection}/setup-links", tags=["setup_links"])


class SetupLinkShown(Shown):
    """A set-up link, without the link itself."""

    model_config = with_examples(
        {
            "id": "8c1b04ad93f0",
            "connection": "acme-store",
            "state": "used",
            "created_at": "2026-11-26T20:00:00Z",
            "created_by": "operator",
            "expires_at": "2026-12-03T20:00:00Z",
            "used_at": "2026-11-27T08:00:00Z",
        }
    )

    id: str
    connection: str
    state: LinkState
    created_at: Time
    created_by: str
    expires_at: Time
    used_at: Time | None = Field(description="When it began the one session that it begins.")


class NewSetupLinkShown(Shown):
    """A new set-up link, which is shown only here."""

    model_config = with_examples(
        {
            "id": "8c1b04ad93f0",
            "connection": "acme-store",
            "path": "/console/set-up/muster_…",
            "url": "https://muster.example.com/console/set-up/muster_…",
            "expires_at": "2026-12-03T20:00:00Z",
        }
    )

    id: str
    connection: str
    path: str = Field(description="The link, below the address at which the console is reached.")
    url: str | None = Field(
        description="The link as a whole; null unless the setting `MUSTER_CONSOLE_URL` tells the"
        " address at which the console is reached."
    )
    expires_at: Time


class SetupLinkWanted(Body):
    """The choices for a new link; all may be left out."""

    model_config = with_examples({"expires_at": "2999-11-26T00:00:00Z"})

    expires_at: AwareDatetime | None = Field(
        None, description="When it ends by itself; in a week, if this is left out."
    )


@router.get("")
async def list_(connection: str, by: By, paging: Paged) -> PageOf[SetupLinkShown]:
    """List the newest hundred set-up links of a connection, without the links themselves."""
    found = await list_setup_links(by.it, by.actor, connection)
    return paging.shown(paging.of_all(found, _newest_first), SetupLinkShown.model_validate)


@router.post("", status_code=201)
async def create(
    connection: str, by: By, wanted: SetupLinkWanted | None = None
) -> NewSetupLinkShown:
    """Make a link by which somebody without an account connects a provider, once.

    It is shown this once, reaches this connection alone, and begins one session.
    """
    at = None if wanted is None else wanted.expires_at
    ends = None if at is None else microseconds_of(at)
    return NewSetupLinkShown.model_validate(
        await create_setup_link(by.it, by.actor, connection, ends)
    )


@router.delete("/{link}")
async def revoke(connection: str, link: str, by: By) -> SetupLinkShown:
    """End a set-up link at once, by its id, and the session that it has begun."""
    return SetupLinkShown.model_validate(await revoke_setup_link(by.it, by.actor, connection, link))


def _newest_first(link: ListedLink) -> Key:
    return (-link.created_at, link.id)
