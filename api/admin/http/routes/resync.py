"""Which routes publish identities again? A route takes a connection or a person, another all."""

from fastapi import APIRouter
from pydantic import Field

from api.admin import resync as use_case
from api.admin.http.asked import By
from api.admin.http.models import Body, with_examples
from api.admin.http.shown_leavers import PublishedShown, published

router = APIRouter(tags=["resync"])


class ResyncWanted(Body):
    """The identities to be published again: one, or all of the connection."""

    model_config = with_examples({})

    identity: str | None = Field(None, description="The id of a SCIM user; all, where left out.")


@router.post("/connections/{connection}/resync")
async def connection(connection: str, by: By, wanted: ResyncWanted | None = None) -> PublishedShown:
    """Publish the newest state of identities again, e.g. after a failure or a restore.

    People are left alone who have left downstream although the directory shows them as active.
    """
    identity = None if wanted is None else wanted.identity
    return published(await use_case.resync(by.it, by.actor, connection, identity))


@router.post("/resync")
async def all_(by: By) -> PublishedShown:
    """Publish the newest state of every identity of every connection again. Takes an operator."""
    return published(await use_case.resync_all(by.it, by.actor))
