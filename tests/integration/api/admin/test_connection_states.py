"""How is a connection stopped and let go on, by whom, and what is written down?"""

import pytest

from api.admin.actors import COMMAND, Actor, Power
from api.admin.connection_states import change_state, show_connection
from api.admin.connections import create_connection, open_connection
from api.admin.list_audit import list_changes
from api.directory.connection_states import ConnectionState, Verb
from api.directory.dialects import DirectoryDatabase
from api.errors import ConnectionOff, NotAllowed, UnknownConnection
from tests.drivers.administration import administration_on
from tests.drivers.in_process import RULES

NOW = 1_700_000_000_000_000
OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)


async def test_a_new_state_is_shown_with_its_time_and_its_actor(
    directory: DirectoryDatabase,
) -> None:
    it = administration_on(directory, clock=lambda: NOW + 5)
    connection = (await create_connection(directory, "Acme", RULES, NOW)).id
    new = await show_connection(it, VIEWER, connection)
    assert (new.standing.shown, new.state_since, new.state_by) == ("live", NOW, "command")
    paused = await change_state(it, OWNER, connection, Verb.PAUSE)
    assert (paused.standing.shown, paused.state_since, paused.state_by) == (
        *("paused", NOW + 5, "admin:1"),
    )
    assert await show_connection(it, VIEWER, connection) == paused


async def test_each_change_of_a_state_is_audited_once(directory: DirectoryDatabase) -> None:
    it = administration_on(directory)
    connection = (await create_connection(directory, "Acme", RULES, NOW)).id
    for verb in (Verb.PAUSE, Verb.PAUSE, Verb.OFF, Verb.ON, Verb.RESUME):
        await change_state(it, OWNER, connection, verb)
    logged = (await list_changes(it, OWNER, connection=connection))[-2::-1]
    assert [(it.action, it.before, it.after) for it in logged] == [
        ("connections.pause", {"state": "live"}, {"state": "paused"}),
        ("connections.off", {"state": "paused"}, {"state": "off"}),
        ("connections.on", {"state": "off"}, {"state": "paused"}),
        ("connections.resume", {"state": "paused"}, {"state": "live"}),
    ]


async def test_a_connection_may_observe_from_the_start(directory: DirectoryDatabase) -> None:
    it = administration_on(directory)
    made = await open_connection(it, COMMAND, "Acme", RULES, observe=True)
    found = await show_connection(it, COMMAND, made.connection)
    assert found.standing.state is ConnectionState.OBSERVING


async def test_a_change_that_is_refused_changes_nothing(directory: DirectoryDatabase) -> None:
    it = administration_on(directory)
    connection = (await create_connection(directory, "Acme", RULES, NOW)).id
    off = await change_state(it, OWNER, connection, Verb.OFF)
    refused: list[tuple[Actor, Verb, type[Exception]]] = [
        (OWNER, Verb.RESUME, ConnectionOff),
        (VIEWER, Verb.ON, NotAllowed),
        (STRANGER, Verb.ON, UnknownConnection),
    ]
    for actor, verb, error in refused:
        with pytest.raises(error):
            await change_state(it, actor, connection, verb)
    with pytest.raises(UnknownConnection):
        await show_connection(it, STRANGER, connection)
    assert await show_connection(it, OWNER, connection) == off
