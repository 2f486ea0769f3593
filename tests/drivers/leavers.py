"""Who left, and has another address by now? Events and looks that tests of yielding share."""

from itertools import pairwise

from contracts.identity_changed import IdentityChanged
from contracts.rules import LeaveAlone
from tests.drivers.people import ADA, STORE, holder, joiner, left, live, renamed
from tests.drivers.toy_downstream import ToyDownstream

STAYS = {"on_deactivate": LeaveAlone()}
KEEP = STORE.model_copy(update=STAYS)
NEXT = "ada.king@acme.test"
GONE = f"{7:032x}{ADA}"
CHARLES = "charles@acme.test"


def waiting(event: IdentityChanged, email: str = NEXT) -> IdentityChanged:
    """Return the event of somebody inactive whose provider has sent another address."""
    return renamed(event, waiting_email=email)


def addresses(world: ToyDownstream) -> dict[str | None, str | None]:
    """Return who holds the account of each address."""
    return {account.email: holder(world, account) for account in live(world)}


def obstacles(world: ToyDownstream, identity: str) -> list[str | None]:
    """Return what an identity waits for."""
    return [
        refused.obstacle
        for key, waiting in world.refused.items()
        for refused in waiting.refusals
        if key.identity == identity
    ]


def waiting_row(*emails: str) -> list[IdentityChanged]:
    """Return leavers with an address each, who wait for that of the next; the last one is new."""
    events = []
    for email, newest in pairwise(emails):
        joined = joiner(KEEP, email, f"was {email}")
        events += [joined, waiting(left(joined, KEEP), newest)]
    return events
