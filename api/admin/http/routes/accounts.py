"""Which routes have accounts? They are listed, shown, made by hand, and released."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.accounts import add_account, page_accounts, release_account, show_account
from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, with_examples
from api.admin.http.of_workspace import OfWorkspace
from api.admin.http.paging import Paged, PageOf
from contracts.downstream.accounts import AccountFilter
from contracts.rules import Portal, Role

router = APIRouter(prefix="/accounts", tags=["accounts"])

ACCOUNT: dict[str, Any] = {
    "id": "5f0c1d9a7e4b4c6f8a2d3e1b9c7f6a50",
    "portal": "dashboard",
    "email": "ada@example.com",
    "role": "admin",
    "own_role": "admin",
    "groups": ["Engineering"],
    "made_by": "hand",
    "released": False,
    "protected": True,
    "removed": False,
    "connection": "acme-dashboard",
    "identity": "c7bb4ac7e3f8466a",
    "version": 1795723200000000,
}


class AccountShown(Shown):
    """An employee, a collaborator or an MDM employee. A removed account has no e-mail any more.

    `connection`, `identity` and `version` are those of the identity that holds the account.
    """

    model_config = with_examples(ACCOUNT)

    id: str
    portal: Portal
    email: str | None
    role: Role | None
    own_role: Role | None = Field(description="The role without a mapping.")
    groups: list[str]
    made_by: str = Field(description="A connection, `hand`, or `unknown`.")
    released: bool
    protected: bool = Field(description="Whether a change by its holder waits for the release.")
    removed: bool
    connection: str | None
    identity: str | None
    version: int | None


class AccountWanted(Body):
    """An account of a person who is in no directory. Roles are those of the dashboard only."""

    model_config = with_examples(
        {"workspace": "acme", "portal": "mdm", "email": "grace@example.com"},
        {
            "workspace": "acme",
            "portal": "dashboard",
            "email": "grace@example.com",
            "role": "editor",
        },
    )

    workspace: str
    portal: Portal
    email: str
    role: Role | None = Field(None, description="Of the dashboard only; a viewer, if left out.")
    new_workspace: bool = Field(
        default=False, description="Whether the workspace may be made, where there are others."
    )


@router.get("")
async def list_(
    by: By,
    paging: Paged,
    workspace: OfWorkspace,
    portal: Annotated[Portal | None, Query(description="Only those of this portal.")] = None,
    connection: Annotated[str | None, Query(description="Only those that it holds.")] = None,
    email: Annotated[str | None, Query(description="Only those with this whole e-mail.")] = None,
    role: Annotated[Role | None, Query(description="Only those with this role.")] = None,
    removed: Annotated[
        bool | None, Query(description="Only removed ones, or only live ones.")
    ] = None,
) -> PageOf[AccountShown]:
    """List the accounts of a workspace, by portal."""
    chosen = AccountFilter(portal, connection, email, role, removed)
    page = await page_accounts(
        by.it, by.actor, workspace, chosen, after=paging.after, most=paging.most
    )
    return paging.shown(page, AccountShown.model_validate)


@router.post("", status_code=201)
async def create(wanted: AccountWanted, by: By) -> AccountShown:
    """Make an account by hand, as the platform itself would."""
    made = await add_account(
        by.it,
        by.actor,
        wanted.workspace,
        wanted.portal,
        wanted.email,
        role=wanted.role,
        new_workspace=wanted.new_workspace,
    )
    return AccountShown.model_validate(made)


@router.get("/{account}")
async def show(account: str, by: By, workspace: OfWorkspace) -> AccountShown:
    """Show an account, with its holder and what protects it."""
    return AccountShown.model_validate(await show_account(by.it, by.actor, workspace, account))


@router.post("/{account}/release")
async def release(account: str, by: By, workspace: OfWorkspace) -> AccountShown:
    """Let e-mail and role of a protected account follow the connection that holds it, for good."""
    return AccountShown.model_validate(await release_account(by.it, by.actor, workspace, account))
