"""Which routes have conflicts? They are listed and shown, and end by a release or a move."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.conflicts import (
    move_conflict,
    page_conflicts,
    release_conflict,
    show_conflict,
)
from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.of_workspace import OfWorkspace
from api.admin.http.paging import Paged, PageOf
from api.admin.http.routes.accounts import ACCOUNT, AccountShown
from contracts.rules import Portal

router = APIRouter(tags=["conflicts"])

CONFLICT: dict[str, Any] = {
    "connection": "acme-store-2",
    "identity": "c7bb4ac7e3f8466a",
    "portal": "store",
    "action": "provide_account",
    "email": "ada@example.com",
    "since": "2026-11-26T20:00:00Z",
    "account": None,
    "holder_account": "5f0c1d9a7e4b4c6f8a2d3e1b9c7f6a50",
    "holder_connection": "acme-store",
    "holder_identity": "9d0e4b1f2a334c55",
    "holder_made_by": "acme-store",
    "holder_active": False,
}


class ConflictShown(Shown):
    """A person who waits for an address, and the account that has it.

    `action` is `provide_account` for a person without an account, else `change_email`, and
    `account` is the one of the person who waits. The account in the way is `holder_account`, and
    `holder_connection` and `holder_identity` hold it, unless it was made by hand.
    """

    model_config = with_examples(CONFLICT)

    connection: str
    identity: str
    portal: Portal
    action: str
    email: str = Field(description="The address that has to become free.")
    since: Time
    account: str | None
    holder_account: str | None
    holder_connection: str | None
    holder_identity: str | None
    holder_made_by: str | None
    holder_active: bool | None = Field(
        description="Whether the holder is active, or has left without that being applied so far."
    )


class ReleaseWanted(Body):
    """Whether the account may be taken from a person who is active."""

    model_config = with_examples({"from_active": False})

    from_active: bool = False


class MoveWanted(Body):
    """The new e-mail of the account that is in the way."""

    model_config = with_examples({"to": "ada.king@example.com"})

    to: str


class MovedShown(Shown):
    """The account of the person who has waited; null where the rules make none."""

    model_config = with_examples({"account": ACCOUNT})

    account: AccountShown | None


@router.get("/conflicts")
async def list_(
    by: By,
    paging: Paged,
    workspace: OfWorkspace,
    connection: Annotated[
        str | None, Query(description="Only people of this connection who wait.")
    ] = None,
) -> PageOf[ConflictShown]:
    """List the people who wait for an address, and those who hold the account that has it."""
    page = await page_conflicts(
        by.it,
        by.actor,
        workspace,
        connection=connection,
        after=paging.after,
        most=paging.most,
    )
    return paging.shown(page, ConflictShown.model_validate)


@router.get("/connections/{connection}/conflicts/{identity}")
async def show(connection: str, identity: str, by: By) -> ConflictShown:
    """Show for which address a person waits, and who holds the account that has it."""
    found = await show_conflict(by.it, by.actor, connection, identity)
    return ConflictShown.model_validate(found)


@router.post("/connections/{connection}/conflicts/{identity}/release")
async def release(
    connection: str, identity: str, by: By, wanted: ReleaseWanted | None = None
) -> AccountShown:
    """Hand the account over to the person who waits for it: both are the same person.

    The account keeps its devices, and its role follows the rules of its new connection. A
    former holder who is active is shown to wait from now on.
    """
    from_active = wanted is not None and wanted.from_active
    given = await release_conflict(by.it, by.actor, connection, identity, from_active=from_active)
    return AccountShown.model_validate(given)


@router.post("/connections/{connection}/conflicts/{identity}/move")
async def move(connection: str, identity: str, wanted: MoveWanted, by: By) -> MovedShown:
    """Give the address to the person who waits for it: both are different people.

    The account that has the address stays with its holder, with role and devices, under the new
    e-mail.
    """
    given = await move_conflict(by.it, by.actor, connection, identity, wanted.to)
    return MovedShown(account=None if given is None else AccountShown.model_validate(given))
