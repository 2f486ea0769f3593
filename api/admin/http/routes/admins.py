"""Which routes have administrators? They are listed, made and ended."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from api.admin.admins import AdminRole, create_admin, list_admins, revoke_admin
from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.tokens import TokenChoices, TokenState
from contracts.clock import microseconds_of

router = APIRouter(prefix="/admins", tags=["admins"])

ADMIN = {
    "id": "9b1d04c2aa30",
    "name": "settings-page",
    "workspace": "acme",
    "role": "owner",
    "state": "live",
    "created_at": "2026-11-26T20:00:00Z",
    "created_by": "operator",
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": "2026-11-26T21:00:00Z",
}


class AdminShown(Shown):
    """An administrator, without the token. The time of the last use is right to a minute."""

    model_config = with_examples(ADMIN)

    id: str
    name: str
    workspace: str | None
    role: AdminRole
    state: TokenState
    created_at: Time
    created_by: str
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None


class NewAdminShown(Shown):
    """A new administrator, with the token, which is shown only here."""

    model_config = with_examples(
        {
            "id": "9b1d04c2aa30",
            "name": "settings-page",
            "workspace": "acme",
            "role": "owner",
            "token": "muster_…",
            "expires_at": None,
        }
    )

    id: str
    name: str
    workspace: str
    role: AdminRole
    token: str
    expires_at: Time | None


class AdminWanted(Body):
    """The workspace that a new administrator reaches, and what they may do there."""

    model_config = with_examples({"workspace": "acme", "role": "owner", "name": "settings-page"})

    workspace: str
    role: AdminRole
    name: str | None = Field(None, description="A name for lists and the audit log; no secret.")
    expires_at: AwareDatetime | None = Field(None, description="When the token ends by itself.")


@router.get("")
async def list_(
    by: By,
    paging: Paged,
    workspace: Annotated[str | None, Query(description="Only those of this one.")] = None,
    revoked: Annotated[bool, Query(description="Also those that were revoked.")] = False,
) -> PageOf[AdminShown]:
    """List the administrators, by their ids, without their tokens. Takes an owner."""
    found = await list_admins(by.it, by.actor, workspace, revoked=revoked)
    return paging.shown(paging.of_all(found, lambda it: (it.id,)), AdminShown.model_validate)


@router.post("", status_code=201)
async def create(wanted: AdminWanted, by: By) -> NewAdminShown:
    """Issue a token that reaches one workspace, which is shown this once. Takes an operator."""
    at = wanted.expires_at
    choices = TokenChoices(wanted.name, None if at is None else microseconds_of(at))
    new = await create_admin(by.it, by.actor, wanted.workspace, wanted.role, choices)
    return NewAdminShown.model_validate(new)


@router.delete("/{admin}")
async def revoke(admin: str, by: By) -> AdminShown:
    """End the token of an administrator at once, by its id. Takes an operator."""
    return AdminShown.model_validate(await revoke_admin(by.it, by.actor, admin))
