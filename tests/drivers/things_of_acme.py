"""What may requests to the admin API name? A thing of each kind, all of the workspace Acme."""

from api.admin.actors import COMMAND
from api.admin.setup_links import create_setup_link
from api.admin.tokens import list_tokens
from api.directory.identity_changes import ReleasedAttributes, after_creation
from api.outbox.marks import load_state, save_new
from api.traces import new_trace
from contracts.clock import now
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.conflicts import ListedConflict
from contracts.downstream.devices import ListedDevice
from contracts.identity_changed import Profile
from contracts.rules import Portal, Role
from tests.drivers.admin_http import AdminApi

ACCOUNT = ListedAccount(Portal.DASHBOARD, "by@hand.test", Role.VIEWER, (), removed=False, id="a1")
ADA = ListedAccount(Portal.MDM, "ada@example.com", None, (), removed=False, id="a2")
DEVICE = ListedDevice("S-1", None, None, id="d1")
CONFLICT = ListedConflict(
    *("acme-store", "somebody", Portal.STORE, "provide_account", "by@hand.test", 1),
    holder_account=ACCOUNT.id,
)


async def values_of(api: AdminApi) -> dict[str, str]:
    """Return a value for each parameter, all of them of the workspace Acme."""
    [token] = await list_tokens(api.it, COMMAND, "acme-store")
    link = await create_setup_link(api.it, COMMAND, "acme-store")
    stored, owner = api.platform.stored, "Acme"
    stored.accounts |= {(owner, ACCOUNT.id): ACCOUNT, (owner, ADA.id): ADA}
    stored.devices[owner, DEVICE.id] = DEVICE
    stored.conflicts[owner, CONFLICT.connection, CONFLICT.identity] = CONFLICT
    api.platform.policies.add((owner, "Quarantine"))
    return {
        "workspace": "Acme",
        "connection": "acme-store",
        "portal": "store",
        "token": token.id,
        "link": link.id,
        "admin": api.admins["viewer"].id,
        "account": ACCOUNT.id,
        "device": DEVICE.id,
        "policy": "Quarantine",
        "identity": CONFLICT.identity,
        "person": await _person(api),
        "people": "keep",
    }


async def _person(api: AdminApi) -> str:
    """Return a person of the connection, who is pushed unless that was done before."""
    directory, id_ = api.it.directory, "2819c223"
    async with directory.write() as db:
        if await load_state(db, "acme-store", id_) is None:
            ada = ReleasedAttributes(active=True, profile=Profile(user_name="ada@acme.test"))
            at = now()
            await save_new(db, "acme-store", id_, after_creation(ada, at), new_trace(), at)
    return id_
