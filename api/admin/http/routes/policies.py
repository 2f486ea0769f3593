"""Which routes have policies? They are listed, made and removed."""

from fastapi import APIRouter
from pydantic import Field

from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, with_examples
from api.admin.http.of_workspace import OfWorkspace
from api.admin.http.paging import Paged, PageOf
from api.admin.policies import add_policy, list_policies, remove_policy

router = APIRouter(prefix="/policies", tags=["policies"])


class PolicyShown(Shown):
    """A policy that rules can name, and that devices can be under."""

    model_config = with_examples({"policy": "Quarantine"})

    policy: str


class PolicyWanted(Body):
    """The name of a new policy."""

    model_config = with_examples({"workspace": "acme", "policy": "Quarantine"})

    workspace: str
    policy: str
    new_workspace: bool = Field(
        default=False, description="Whether the workspace may be made, where there are others."
    )


@router.get("")
async def list_(by: By, paging: Paged, workspace: OfWorkspace) -> PageOf[PolicyShown]:
    """List the policies of a workspace, by their names."""
    found = await list_policies(by.it, by.actor, workspace)
    return paging.shown(paging.of_all(found, lambda it: (it,)), lambda it: PolicyShown(policy=it))


@router.post("", status_code=201)
async def create(wanted: PolicyWanted, by: By) -> PolicyShown:
    """Add a policy; actions that were refused for want of it are tried again."""
    await add_policy(
        by.it, by.actor, wanted.workspace, wanted.policy, new_workspace=wanted.new_workspace
    )
    return PolicyShown(policy=wanted.policy)


@router.delete("/{policy:path}")
async def remove(policy: str, by: By, workspace: OfWorkspace) -> PolicyShown:
    """Remove a policy that neither rules nor devices need."""
    await remove_policy(by.it, by.actor, workspace, policy)
    return PolicyShown(policy=policy)
