"""How are people shown over HTTP whom a use case leaves alone? Each identity has its reasons."""

from pydantic import Field

from api.admin.http.models import Shown, with_examples
from api.admin.resync import Resynced

LEAVER = {"connection": "acme-store", "identity": "2819c223", "lost": ["deactivation"]}


class LeaverShown(Shown):
    """A person who has left downstream, and whom the directory takes for active.

    `lost` tells by what: a newer `deactivation`, or the `failure` of a newer event.
    """

    model_config = with_examples(LEAVER)

    connection: str
    identity: str
    lost: list[str] = Field(validation_alias="differs")


class PublishedShown(Shown):
    """The number of identities that are published again, and the people who are left alone."""

    model_config = with_examples({"marked": 250, "leavers": [LEAVER]})

    marked: int
    leavers: list[LeaverShown] = Field(validation_alias="left_alone")


def published(done: Resynced) -> PublishedShown:
    """Return the answer about people who were published again."""
    return PublishedShown.model_validate(done)
