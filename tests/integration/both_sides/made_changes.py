"""How is a change made that an answer suggests? By whoever can: the provider or an operator."""

import itertools
from typing import Any

from sqlalchemy import delete

from api.admin.accounts import account_at, release_account
from api.admin.actors import COMMAND
from api.admin.change_rules import change_rules
from api.admin.connection_states import change_state
from api.admin.connections import find_connection
from api.admin.failures import FailureFilter, retry_failures
from api.admin.held import approve_held
from api.admin.lock_person import unlock_person
from api.admin.resync import resync
from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from api.admin.why.answers import Answer, Do, Step
from api.directory.connection_states import Verb
from api.reconciliation.verdicts import Verdict
from contracts.rules import Portal, Role
from tests.drivers.both_sides import Installation
from worker.sync.mapping import FAILURES

NUMBERS = itertools.count(1)


async def make(installation: Installation, answer: Answer) -> None:
    """Make the change that an answer suggests, step by step, and let all of it arrive."""
    for step in answer.change:
        await _take(installation, step)
        await arrive(installation)


async def arrive(installation: Installation) -> None:
    """Let all that is published arrive, and plan again what is refused."""
    await installation.deliver()
    await installation.replan()


async def _take(installation: Installation, step: Step) -> None:  # noqa: C901, PLR0912 - a case each
    ingress, inventory = installation.ingress, installation.inventory
    it, to = installation.administration, step.to
    connection, id_ = ingress.connection, to.get("identity", "")
    workspace = to.get("workspace", "")
    match step.do:
        case Do.WAIT:
            pass
        case Do.RESUME:
            await change_state(it, COMMAND, connection, Verb.RESUME)
        case Do.SWITCH_ON:
            await change_state(it, COMMAND, connection, Verb.ON)
        case Do.RETRY:
            await installation.by_hand(delete(FAILURES))
            await retry_failures(it, COMMAND, FailureFilter(connection=connection, identity=id_))
            await resync(it, COMMAND, connection, id_)
        case Do.RESYNC:
            await resync(it, COMMAND, connection, id_)
        case Do.BRING_BACK:
            compared = await installation.compare()
            assert id_ in {it.identity for it in compared.leavers if it.verdict is Verdict.LEFT}
            await installation.bring_back([it for it in compared.leavers if it.identity == id_])
        case Do.APPROVE:
            await approve_held(it, COMMAND, connection, [id_])
        case Do.UNLOCK:
            await unlock_person(it, COMMAND, connection, id_)
        case Do.CHANGE_RULES:
            await change_rules(it, COMMAND, connection, _choices(to))
        case Do.RELEASE_ACCOUNT:
            account = await account_at(it, COMMAND, workspace, Portal(to["portal"]), to["email"])
            await release_account(it, COMMAND, workspace, account.id)
        case Do.ADD_POLICY:
            await inventory.policies.add(workspace, to["policy"])
        case Do.ADD_ADMIN:
            email = f"admin-{next(NUMBERS)}@acme.test"
            await inventory.accounts.add(workspace, Portal.DASHBOARD, email, role=Role.ADMIN)
        case Do.ASSIGN_DEVICE:
            serial = to["serial"] or f"new-{next(NUMBERS)}"
            if to["serial"] is None:
                await inventory.devices.add(workspace, serial)
            await inventory.devices.assign(workspace, serial, await _email(installation, to))
        case Do.UNASSIGN_DEVICE:
            await inventory.devices.assign(workspace, to["serial"], None)
        case Do.ADD_DEVICE:
            email = await _email(installation, to)
            await inventory.devices.add(workspace, to["serial"], assigned_to=email)
        case _:
            await _tell(installation, step)


def _choices(to: Any) -> RuleChoices:
    given = {name: value for name, value in to.items() if name != "connection"}
    if "role_map" in given:
        lines = [line.rpartition("=") for line in given["role_map"]]
        given["role_map"] = [RoleChoice(name, role) for name, _, role in lines]
    if "group_map" in given:
        lines = [line.rpartition("=") for line in given["group_map"]]
        given["group_map"] = [GroupChoice(group, role) for group, _, role in lines]
    return RuleChoices(**given)


async def _email(installation: Installation, to: Any) -> str:
    """Return the address of a device's new owner: the only account, if it was made just now."""
    if to["email"] is not None:
        return str(to["email"])
    async for account in installation.inventory.accounts.of_workspace(to["workspace"]):
        if not account.removed and account.connection == installation.ingress.connection:
            newest = account.email
    assert newest is not None
    return newest


async def _tell(installation: Installation, step: Step) -> None:
    """Let the provider tell Muster something."""
    ingress, to = installation.ingress, step.to
    id_ = to["identity"]
    match step.do:
        case Do.CREATE_USER:
            await ingress.user(f"anew-{next(NUMBERS)}@acme.test")
        case Do.ACTIVATE | Do.DEACTIVATE:
            await _replace(installation, id_, "active", step.do is Do.ACTIVATE)
        case Do.DELETE_USER:
            assert to["connection"] == ingress.connection
            answer = await ingress.http.delete(f"/Users/{id_}")
            assert answer.status_code == 204
        case Do.CHANGE_EMAIL:
            email = {"value": f"other-{next(NUMBERS)}@acme.test", "type": "work"}
            await _replace(installation, id_, "emails", [email])
        case Do.JOIN_GROUP:
            group = await _group(installation, to["group"])
            members = {"op": "add", "path": "members", "value": [{"value": id_}]}
            await ingress.patch(f"/Groups/{group}", members)
        case Do.LEAVE_GROUPS:
            for name in to.get("groups", ()):
                group = await _group(installation, name)
                path = f'members[value eq "{id_}"]'
                await ingress.patch(f"/Groups/{group}", {"op": "remove", "path": path})
            if to.get("roles"):
                left = (await ingress.http.get(f"/Users/{id_}")).json()["roles"]
                kept = [it for it in left if it["value"] not in to["roles"]]
                await _replace(installation, id_, "roles", kept)
        case _:
            raise AssertionError(step)


async def _replace(installation: Installation, id_: str, path: str, value: Any) -> None:
    operation = {"op": "replace", "path": path, "value": value}
    answer = await installation.ingress.patch(f"/Users/{id_}", operation)
    assert answer.status_code in {200, 204}, answer.text


async def _group(installation: Installation, name: str) -> str:
    found = await installation.ingress.found("/Groups", f'displayName eq "{name}"')
    return found[0] if found else await installation.ingress.group(name)


async def rules_of(installation: Installation) -> Any:
    """Return the rules of the connection."""
    async with installation.ingress.database.read() as db:
        return (await find_connection(db, installation.ingress.connection)).rules
