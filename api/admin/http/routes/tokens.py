"""Which routes have the tokens of a connection? They are listed, made, replaced and ended."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.tokens import (
    ListedToken,
    TokenChoices,
    TokenState,
    create_token,
    list_tokens,
    revoke_token,
    rotate_token,
)
from contracts.clock import microseconds_of
from contracts.downstream.pages import Key

router = APIRouter(prefix="/connections/{connection}/tokens", tags=["tokens"])

TOKEN = {
    "id": "3f2a9c01d4e7",
    "name": "next-2027",
    "state": "live",
    "created_at": "2026-11-26T20:00:00Z",
    "created_by": "operator",
    "expires_at": "2027-11-26T00:00:00Z",
    "revoked_at": None,
    "last_used_at": "2026-11-27T08:00:00Z",
    "last_used_from": "192.0.2.7",
    "expires_soon": False,
}


class TokenShown(Shown):
    """A bearer token of an identity provider, without the token itself."""

    model_config = with_examples(TOKEN)

    id: str
    name: str | None
    state: TokenState
    created_at: Time
    created_by: str | None
    expires_at: Time | None
    revoked_at: Time | None
    last_used_at: Time | None = Field(description="Exact to a minute.")
    last_used_from: str | None
    expires_soon: bool = Field(description="Whether it lives, and ends within two weeks.")


class NewTokenShown(Shown):
    """A new token for an identity provider, which is shown only here, with the base URL."""

    model_config = with_examples(
        {
            "connection": "acme-store",
            "base_url": "https://scim.example.com/scim/v2/acme-store",
            "token": "muster_…",
            "id": "3f2a9c01d4e7",
            "name": "next-2027",
            "expires_at": "2027-11-26T00:00:00Z",
        }
    )

    connection: str
    base_url: str
    token: str
    id: str
    name: str | None
    expires_at: Time | None


class TokenWanted(Body):
    """The choices for a new token; all may be left out."""

    model_config = with_examples({"name": "next-2027", "expires_at": "2999-11-26T00:00:00Z"})

    name: str | None = Field(None, description="A name for lists and the audit log; no secret.")
    expires_at: AwareDatetime | None = Field(None, description="When it ends by itself.")

    def choices(self) -> TokenChoices:
        """Return the choices in the words of the use case."""
        at = self.expires_at
        return TokenChoices(self.name, None if at is None else microseconds_of(at))


class RotationWanted(TokenWanted):
    """The choices for the token that replaces others."""

    model_config = with_examples({"keep_old": True})

    keep_old: bool = Field(
        default=False, description="Whether the newest of the earlier tokens goes on living."
    )


@router.get("")
async def list_(
    connection: str,
    by: By,
    paging: Paged,
    revoked: Annotated[bool, Query(description="Also those that were revoked.")] = False,
) -> PageOf[TokenShown]:
    """List the tokens of a connection, the newest first, without the tokens themselves."""
    found = await list_tokens(by.it, by.actor, connection, revoked=revoked)
    return paging.shown(paging.of_all(found, _newest_first), TokenShown.model_validate)


@router.post("", status_code=201)
async def create(connection: str, by: By, wanted: TokenWanted | None = None) -> NewTokenShown:
    """Make one more token, which is shown this once. Two may live at a time."""
    choices = (wanted or TokenWanted()).choices()
    return NewTokenShown.model_validate(await create_token(by.it, by.actor, connection, choices))


@router.post("/rotate", status_code=201)
async def rotate(connection: str, by: By, wanted: RotationWanted | None = None) -> NewTokenShown:
    """Make a new token, which is shown this once, in place of the earlier ones.

    They end at once, but for the newest if `keep_old` says so.
    """
    wanted = wanted or RotationWanted()
    new = await rotate_token(
        by.it, by.actor, connection, wanted.choices(), keep_old=wanted.keep_old
    )
    return NewTokenShown.model_validate(new)


@router.delete("/{token}")
async def revoke(connection: str, token: str, by: By) -> TokenShown:
    """End one token at once, by its id; the others stay."""
    return TokenShown.model_validate(await revoke_token(by.it, by.actor, connection, token))


def _newest_first(token: ListedToken) -> Key:
    return (-token.created_at, token.id)
