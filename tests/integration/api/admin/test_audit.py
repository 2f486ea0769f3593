"""Is every change in the audit log, with its actor, and who may read it?"""

import pytest
from sqlalchemy.exc import OperationalError

from api.admin.actors import COMMAND, Actor, Power
from api.admin.audit import Change, Outcome, begun
from api.admin.brakes import change_brake
from api.admin.change_rules import change_rules
from api.admin.connections import list_connections, open_connection
from api.admin.failures import FailureFilter, list_failures, retry_failures
from api.admin.held import approve_held, list_held, reject_held
from api.admin.list_audit import ListedChange, list_changes
from api.admin.resync import resync, resync_all
from api.admin.rule_choices import RuleChoices
from api.admin.tokens import rotate_token
from api.directory.dialects import DirectoryDatabase
from api.errors import NotAllowed, UnknownConnection, UnknownIdentity, UnknownWorkspace
from tests.drivers.administration import Platform, administration_on
from tests.drivers.in_process import RULES, Ingress

OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)


async def test_each_change_is_logged_with_its_actor_and_what_it_changed(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    it, connection = administration_on(ingress.database), ingress.connection
    await change_rules(it, OWNER, connection, RuleChoices(on_create="nothing"))
    await rotate_token(it, COMMAND, connection, keep_old=True)
    await resync(it, OWNER, connection, ada)
    await retry_failures(it, OWNER, FailureFilter(connection=connection))
    logged = await list_changes(it, OWNER, workspace="Acme")
    assert [(change.action, change.actor, change.outcome) for change in logged] == [
        ("failures.retry", "admin:1", Outcome.DONE),
        ("failures.retry", "admin:1", Outcome.BEGUN),
        ("identities.resync", "admin:1", Outcome.DONE),
        ("tokens.rotate", "command", Outcome.DONE),
        ("connections.change", "admin:1", Outcome.DONE),
        ("connections.create", "command", Outcome.DONE),
    ]
    assert {(change.workspace, change.connection) for change in logged} == {("Acme", connection)}
    [change] = [each for each in logged if each.action == "connections.change"]
    assert change.before is not None
    assert change.after is not None
    assert change.before["on_create"] == {"do": "create-employee"}
    assert change.after["on_create"] == {"do": "nothing"}
    assert next(each.subject for each in logged if each.action == "identities.resync") == ada


async def test_the_events_of_a_change_have_its_correlation_id(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    it = administration_on(ingress.database)
    await change_rules(it, OWNER, ingress.connection, RuleChoices(on_create="nothing"))
    change, *_ = await list_changes(it, OWNER, workspace="Acme")
    assert (await ingress.identity(ada))["correlation_id"] == change.correlation_id


async def test_a_change_that_is_refused_is_not_logged(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    with pytest.raises(UnknownIdentity):
        await resync(it, COMMAND, ingress.connection, "nobody")
    [only] = await list_changes(it, COMMAND)
    assert only.action == "connections.create"


async def test_no_token_is_logged(directory: DirectoryDatabase) -> None:
    it = administration_on(directory)
    made = await open_connection(it, COMMAND, "Acme", RULES)
    new = await rotate_token(it, COMMAND, made.connection)
    logged = str(await list_changes(it, COMMAND))
    assert "tokens.rotate" in logged
    assert made.token not in logged
    assert new.token not in logged


async def test_a_change_of_several_steps_is_logged_before_it_and_again_where_it_fails(
    directory: DirectoryDatabase,
) -> None:
    it, change = administration_on(directory), Change("accounts.add", "Acme")
    seen: list[ListedChange] = []

    async def fail() -> None:
        async with begun(it, COMMAND, change):
            seen.extend(await list_changes(it, COMMAND))
            raise OperationalError("INSERT", None, Exception())

    with pytest.raises(OperationalError):
        await fail()
    failed, first = await list_changes(it, COMMAND)
    assert seen == [first]
    assert (first.outcome, failed.outcome) == (Outcome.BEGUN, Outcome.FAILED)
    assert first.correlation_id == failed.correlation_id


async def test_the_log_is_read_backwards_in_parts(directory: DirectoryDatabase) -> None:
    it = administration_on(directory, platform=Platform(workspaces={"Acme", "Other"}))
    for name in ("Acme", "Other", "Acme"):
        await open_connection(it, COMMAND, name, RULES)
    newest, middle = await list_changes(it, COMMAND, most=2)
    assert (newest.connection, middle.connection) == ("acme-store-2", "other-store")
    [oldest] = await list_changes(it, COMMAND, before=middle.number)
    assert oldest.connection == "acme-store"
    [other] = await list_changes(it, COMMAND, connection="other-store")
    assert other == middle


async def test_a_connection_of_another_workspace_is_unknown_to_every_use_case(
    ingress: Ingress,
) -> None:
    it, connection = administration_on(ingress.database), ingress.connection
    asked = [
        change_rules(it, STRANGER, connection, RuleChoices(on_create="nothing")),
        rotate_token(it, STRANGER, connection),
        resync(it, STRANGER, connection),
        list_failures(it, STRANGER, FailureFilter(connection=connection)),
        retry_failures(it, STRANGER, FailureFilter(connection=connection)),
        list_changes(it, STRANGER, connection=connection),
        change_brake(it, STRANGER, connection, "off"),
        list_held(it, STRANGER, connection),
        approve_held(it, STRANGER, connection, None),
        reject_held(it, STRANGER, connection, None),
    ]
    for use_case in asked:
        with pytest.raises(UnknownConnection):
            await use_case
    with pytest.raises(UnknownWorkspace):
        await list_changes(it, STRANGER, workspace="Acme")
    with pytest.raises(UnknownWorkspace):
        await open_connection(it, STRANGER, "Acme", RULES)
    assert await list_connections(it, STRANGER) == []


async def test_a_viewer_looks_and_changes_nothing(ingress: Ingress) -> None:
    it, connection = administration_on(ingress.database), ingress.connection
    [listed] = await list_connections(it, VIEWER)
    assert listed.id == connection
    assert await list_failures(it, VIEWER, FailureFilter(connection=connection)) == []
    for use_case in (
        change_rules(it, VIEWER, connection, RuleChoices(on_create="nothing")),
        rotate_token(it, VIEWER, connection),
        resync(it, VIEWER, connection),
        retry_failures(it, VIEWER, FailureFilter(connection=connection)),
        change_brake(it, VIEWER, connection, "off"),
        approve_held(it, VIEWER, connection, None),
        reject_held(it, VIEWER, connection, None),
        open_connection(it, VIEWER, "Acme", RULES),
    ):
        with pytest.raises(NotAllowed):
            await use_case
    [only] = await list_changes(it, VIEWER, workspace="Acme")
    assert only.action == "connections.create"


async def test_only_operators_reach_the_whole_installation(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    for use_case in (
        resync_all(it, OWNER),
        list_failures(it, OWNER, FailureFilter()),
        retry_failures(it, OWNER, FailureFilter()),
        list_changes(it, OWNER),
    ):
        with pytest.raises(NotAllowed, match="operate the installation"):
            await use_case
