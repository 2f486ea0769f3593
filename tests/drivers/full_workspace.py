"""What is there to see of a workspace? Acme has one of everything: a person in each state, too.

Every text that somebody else may choose comes from ``Texts``, so that a test can put markup there.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import insert

from api.admin.accounts import add_account
from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.admins import NewAdmin, create_admin
from api.admin.brakes import change_brake
from api.admin.connection_states import change_state
from api.admin.devices import add_device
from api.admin.lock_person import lock_person
from api.admin.policies import add_policy
from api.admin.setup_links import create_setup_link
from api.admin.tokens import TokenChoices, create_token
from api.directory.connection_states import Verb
from api.metrics import ApiMetrics
from api.requests.answered import Answered
from api.requests.log import RequestLog
from contracts.clock import now
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    MdmRules,
    Portal,
    RemoveCollaborator,
    RemoveEmployee,
    Role,
    RoleLine,
    Rules,
    StoreRules,
)
from deploy.administration import administration_of
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from tests.drivers.both_sides import Courier, Installation, opened_on_both_sides
from tests.drivers.in_process import ingress_on
from tests.servers.migrated import NewDatabase
from worker.sync.tables import FailureRow

LEAVE = {"op": "replace", "path": "active", "value": False}
OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that others choose; ``pattern`` makes one of a field's name."""

    pattern: str = "{}"
    address_pattern: str = "{}@acme.test"
    workspace: str = "Acme"

    def of(self, field: str) -> str:
        """Return the text in a field."""
        return self.pattern.format(field)

    def address(self, field: str) -> str:
        """Return the e-mail in a field."""
        return self.address_pattern.format(field)


PLAIN = Texts()

MARKUP = Texts(
    "{}\"'><script>alert(1)</script><img src=x onerror=alert(1)>",
    "{}\"'><script>alert(1)</script><img/src=x/onerror=alert(1)>@acme.test",
    'Acme"><img src=x onerror=alert(1)>',
)
"""Texts that end an attribute and begin elements, if a page holds them as they are."""


@dataclass(frozen=True, slots=True)
class FullWorkspace:
    """Acme, with what its pages are about, by the names of their parameters."""

    it: Administration
    databases: Databases
    values: dict[str, str]
    admins: dict[str, NewAdmin]
    store: Installation
    """The connection of the Enterprise Store, with most people."""
    people: dict[str, str]
    """The ids of its people, by what they stand for."""

    def about(self, **values: str) -> "FullWorkspace":
        """Return the same with other values for the pages."""
        return replace(self, values=self.values | values)


@asynccontextmanager
async def full_workspace(
    databases: Databases, texts: Texts = PLAIN
) -> AsyncIterator[FullWorkspace]:
    """Make Acme beside another workspace, on migrated and empty databases."""
    it = administration_of(databases, Settings())
    await it.downstream.workspaces.ensure_workspace(texts.workspace)
    await it.downstream.workspaces.ensure_workspace(OTHER)
    async with AsyncExitStack() as opened:

        async def switched_on(rules: Rules, workspace: str = texts.workspace) -> Installation:
            return await opened.enter_async_context(_logged(databases, rules, workspace))

        for name in ("policy", "unused-policy"):
            await add_policy(it, COMMAND, texts.workspace, texts.of(name))
        await switched_on(_store_rules(), OTHER)
        store = await switched_on(_store_rules())
        dashboard = await switched_on(_dashboard_rules(texts))
        mdm = await switched_on(_mdm_rules(texts))
        second = await switched_on(_store_rules())
        observing = await switched_on(_dashboard_rules(texts))
        people = await _fill_store(it, store, texts)
        group = await _fill_dashboard(it, dashboard, texts)
        device, lost, policy = await _fill_mdm(it, mdm, texts)
        conflict = await _fill_second(second, texts)
        await _observe(it, observing, texts)
        await _leave_undone(it, store, texts, people)
        values = {
            "workspace": texts.workspace,
            "connection": store.ingress.connection,
            "identity": people["active"],
            "held_person": people["held-1"],
            "failed_person": people["failed"],
            "locked_person": people["locked"],
            "deleted_person": people["deleted"],
            "group_connection": dashboard.ingress.connection,
            "group": group,
            "mdm": mdm.ingress.connection,
            "device": device,
            "device_of_leaver": lost,
            "policy": policy,
            "unused": texts.of("unused-policy"),
            "conflict_connection": second.ingress.connection,
            "conflict": conflict,
            "observing": observing.ingress.connection,
            "portal": "store",
        } | await _secrets(it, store.ingress.connection, texts)
        admins = {
            "owner": await create_admin(
                it, COMMAND, texts.workspace, "owner", _named(texts, "owner")
            ),
            "viewer": await create_admin(it, COMMAND, texts.workspace, "viewer"),
            "stranger": await create_admin(it, COMMAND, OTHER, "owner"),
        }
        values["admin"] = admins["viewer"].id
        yield FullWorkspace(it, databases, values, admins, store, people)


@asynccontextmanager
async def new_full_workspace(
    new_database_url: NewDatabase, texts: Texts = PLAIN
) -> AsyncIterator[FullWorkspace]:
    """Make Acme beside another workspace, on databases of its own."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with opened_on_both_sides(*urls) as both, full_workspace(both, texts) as full:
        yield full


@asynccontextmanager
async def _logged(
    databases: Databases, rules: Rules, workspace: str
) -> AsyncIterator[Installation]:
    """Switch SCIM on, and write to the log what the provider sends until the end."""
    unlogged = Counter("unlogged", "Requests that are left out.", registry=CollectorRegistry())
    log = RequestLog(databases.directory, unlogged)

    def note(answered: Answered) -> None:
        log.note(answered, "192.0.2.7")

    registry = CollectorRegistry()
    courier, metrics = Courier(databases.downstream), ApiMetrics(registry)
    directory = databases.directory
    async with ingress_on(directory, rules, workspace=workspace, on_answer=note) as ingress:
        yield _Logging(ingress, databases.downstream, courier, registry, metrics, log=log)


@dataclass(slots=True)
class _Logging(Installation):
    """An installation that writes its requests to the log with each delivery."""

    log: RequestLog | None = None

    async def deliver(self, *, lost: bool = False) -> None:
        await Installation.deliver(self, lost=lost)
        assert self.log is not None
        await self.log.write()


async def _fill_store(it: Administration, store: Installation, texts: Texts) -> dict[str, str]:
    """Let people come; some leave, and more of them than the brake lets pass."""
    ingress, connection = store.ingress, store.ingress.connection
    await change_brake(it, COMMAND, connection, "2:0")
    kinds = ("active", "failed", "locked", "left-1", "left-2", "held-1", "held-2", "deleted")
    people = {kind: await ingress.user(**_user(texts, kind)) for kind in kinds}
    await ingress.group(texts.of("store-group"), people["active"])
    await store.deliver()
    await lock_person(it, COMMAND, connection, people["locked"])
    await ingress.send("DELETE", f"/Users/{people['deleted']}")
    for kind in ("left-1", "left-2", "held-1", "held-2"):
        await ingress.patch(f"/Users/{people[kind]}", LEAVE)
    await ingress.send("POST", "/Users", {"userName": texts.of("refused")})
    await ingress.send("GET", "/Users/nobody")
    await ingress.send("GET", f'/Users?filter=userName eq "{texts.of("asked")}')
    await store.deliver()
    return people


async def _leave_undone(
    it: Administration, store: Installation, texts: Texts, people: dict[str, str]
) -> None:
    """Let somebody be on the way, and somebody else be given up; nothing is delivered any more."""
    people["pending"] = await store.ingress.user(**_user(texts, "pending"))
    await fail(it, store, people["failed"])


async def fail(it: Administration, installation: Installation, identity: str) -> None:
    """Let the worker have given somebody up."""
    connection, at = installation.ingress.connection, it.clock()
    state = (await installation.states.of(connection, [identity]))[identity]
    async with installation.downstream.write() as db:
        failure = {"identity": identity, "connection": connection, "version": state.applied_version}
        told = {"kind": "permanent", "message": "DataError: out of range", "attempts": 6}
        when = {"first_at": at - 60_000_000, "last_at": at, "correlation_id": "made-by-hand"}
        await db.execute(insert(FailureRow).values(failure | told | when))


async def _fill_dashboard(it: Administration, dashboard: Installation, texts: Texts) -> str:
    """Let people come into groups of which one is mapped, and the last Admin try to leave."""
    ingress = dashboard.ingress
    kinds = ("manager", "colleague", "reader")
    people = {kind: await ingress.user(**_user(texts, kind)) for kind in kinds}
    group = await ingress.group(texts.of("mapped-group"), people["manager"], people["colleague"])
    await ingress.group(texts.of("plain-group"), people["reader"])
    await add_account(
        it, COMMAND, texts.workspace, Portal.DASHBOARD, texts.address("by-hand"), role=Role.VIEWER
    )
    await dashboard.deliver()
    for kind in ("manager", "colleague"):
        await ingress.patch(f"/Users/{people[kind]}", LEAVE)
    await dashboard.deliver()
    return group


async def _fill_mdm(it: Administration, mdm: Installation, texts: Texts) -> tuple[str, str, str]:
    """Let people come, hand out devices, and let a holder leave.

    Return the device of a holder, that of the leaver, and the policy of both.
    """
    ingress, workspace = mdm.ingress, texts.workspace
    holders = {kind: await ingress.user(**_user(texts, kind)) for kind in ("holder", "leaver")}
    await mdm.deliver()
    policy = texts.of("policy")
    made: list[str] = []
    for number, holder in enumerate((*holders, None)):
        device = await add_device(
            it,
            COMMAND,
            workspace,
            texts.of(f"serial-{number}"),
            policy=None if holder == "leaver" else policy,
            assigned_to=None if holder is None else texts.address(f"email-{holder}"),
        )
        made.append(device.id)
    await ingress.patch(f"/Users/{holders['leaver']}", LEAVE)
    await mdm.deliver()
    return made[0], made[1], policy


async def _fill_second(second: Installation, texts: Texts) -> str:
    """Let somebody claim the address of another connection's person; return who waits for it."""
    email = texts.address("email-active")
    waiting = await second.ingress.user(texts.of("claimant"), emails=[_address(email)])
    await second.deliver()
    return waiting


async def _observe(it: Administration, observing: Installation, texts: Texts) -> None:
    """Let people come to a connection that only looks."""
    await change_state(it, COMMAND, observing.ingress.connection, Verb.OBSERVE)
    joiner = await observing.ingress.user(**_user(texts, "observed"))
    await observing.ingress.user(texts.of("adopted"), emails=[_address(texts.address("by-hand"))])
    await observing.ingress.group(texts.of("mapped-group"), joiner)
    await observing.deliver()


async def _secrets(it: Administration, connection: str, texts: Texts) -> dict[str, str]:
    """Make tokens and links, of which pages show the names."""
    token = await create_token(it, COMMAND, connection, _named(texts, "token"))
    link = await create_setup_link(it, COMMAND, connection)
    return {"token": token.id, "link": link.id, "secret": link.secret}


def _named(texts: Texts, field: str) -> TokenChoices:
    return TokenChoices(name=texts.of(f"{field}-name"), expires_at=now() + 86_400_000_000)


def _user(texts: Texts, kind: str) -> dict[str, Any]:
    """Return a user with every attribute that is shown."""
    return {
        "user_name": texts.of(f"user-{kind}"),
        "displayName": texts.of(f"display-{kind}"),
        "name": {
            "givenName": texts.of(f"given-{kind}"),
            "familyName": texts.of(f"family-{kind}"),
        },
        "externalId": texts.of(f"external-{kind}"),
        "emails": [_address(texts.address(f"email-{kind}"))],
    }


def _address(email: str) -> dict[str, Any]:
    return {"value": email, "type": "work", "primary": True}


def _store_rules() -> StoreRules:
    return StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())


def _dashboard_rules(texts: Texts) -> DashboardRules:
    return DashboardRules(
        on_create=CreateCollaborator(role=Role.VIEWER),
        on_deactivate=RemoveCollaborator(),
        role_map=(
            RoleLine(name=texts.of("mapped-group"), role=Role.ADMIN),
            RoleLine(name=texts.of("unseen-group"), role=Role.EDITOR),
        ),
    )


def _mdm_rules(texts: Texts) -> MdmRules:
    return MdmRules(
        on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy=texts.of("policy"))
    )
