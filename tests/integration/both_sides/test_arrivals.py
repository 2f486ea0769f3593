"""Is it told of each marked identity what has become of it, until all have arrived?"""

from collections import Counter

from sqlalchemy import insert, update

from api.admin.actors import COMMAND
from api.admin.resync import resync
from api.directory.connection_states import ConnectionState, Verb
from api.directory.tables import Identity
from api.reconciliation.arrivals import Awaited, Fate, awaited_among, awaited_of
from contracts.rules import CreateEmployee, StoreRules
from deploy.databases.open_databases import Databases
from tests.drivers.administration import administration_on, stand
from tests.drivers.both_sides import Installation, installation_on
from worker.sync.mapping import FAILURES


async def _fates(installation: Installation, awaited: Awaited) -> Counter[Fate]:
    await awaited.look(installation.ingress.database, installation.states)
    return Counter({fate: number for fate, number in awaited.fates.items() if number})


async def _all(installation: Installation) -> Awaited:
    return await awaited_of(installation.ingress.database, installation.ingress.connection)


async def test_everybody_waits_until_the_worker_has_applied_them(
    installation: Installation,
) -> None:
    for name in ("ada", "ben"):
        await installation.ingress.user(f"{name}@acme.test")
    awaited = await _all(installation)
    assert await _fates(installation, awaited) == {Fate.WAITING: 2}
    await installation.deliver()
    assert await _fates(installation, awaited) == {Fate.APPLIED: 2}
    assert await _fates(installation, awaited) == {Fate.APPLIED: 2}, "a second look is the same"


async def test_changes_that_come_meanwhile_prolong_no_wait(installation: Installation) -> None:
    ingress = installation.ingress
    ada = await ingress.user("ada@acme.test")
    awaited = await _all(installation)
    await installation.deliver()
    await ingress.patch(f"/Users/{ada}", {"op": "replace", "path": "title", "value": "CTO"})
    await ingress.user("late@acme.test")
    assert await _fates(installation, awaited) == {Fate.APPLIED: 1}


async def test_an_older_version_is_no_arrival(installation: Installation) -> None:
    ingress = installation.ingress
    await ingress.user("ada@acme.test")
    await installation.deliver()
    await resync(administration_on(ingress.database), COMMAND, ingress.connection)
    awaited = await _all(installation)
    assert await _fates(installation, awaited) == {Fate.WAITING: 1}
    await installation.deliver()
    assert await _fates(installation, awaited) == {Fate.APPLIED: 1}


async def test_refused_and_failed_identities_have_arrived(installation: Installation) -> None:
    ingress = installation.ingress
    await ingress.user("nobody")  # without an address, which the rule needs
    await installation.deliver()
    lost, unpublishable = [await ingress.user(f"{name}@acme.test") for name in ("ada", "ben")]
    awaited = await _all(installation)
    failure = {
        "connection": ingress.connection,
        "identity": lost,
        "kind": "permanent",
        "message": "KeyError",
        "first_at": 1,
        "last_at": 1,
        "attempts": 1,
        "version": (await ingress.identity(lost))["version"],
        "correlation_id": "",
    }
    await installation.by_hand(insert(FAILURES).values(failure))
    async with ingress.database.write() as db:
        rejected = update(Identity).where(Identity.id == unpublishable)  # type: ignore[arg-type]
        await db.execute(
            rejected.values(rejected_version=Identity.version, rejection="too large"),
        )
    assert await _fates(installation, awaited) == {Fate.REFUSED: 1, Fate.FAILED: 2}


async def test_what_a_connection_holds_is_told_with_its_standing(
    installation: Installation,
) -> None:
    ingress = installation.ingress
    await ingress.user("ada@acme.test")
    awaited = await _all(installation)
    await stand(ingress.database, ingress.connection, Verb.PAUSE, Verb.OFF)
    await installation.deliver()
    assert await _fates(installation, awaited) == {Fate.HELD: 1}
    [(connection, standing)] = awaited.holders.items()
    assert connection == ingress.connection
    assert (standing.state, standing.shown) == (ConnectionState.PAUSED, "off")
    await stand(ingress.database, ingress.connection, Verb.ON, Verb.RESUME)
    assert await _fates(installation, awaited) == {Fate.WAITING: 1}
    await installation.deliver()
    assert await _fates(installation, awaited) == {Fate.APPLIED: 1}
    assert awaited.holders == {}


async def test_a_connection_that_is_only_off_is_waited_for(installation: Installation) -> None:
    ingress = installation.ingress
    await ingress.user("ada@acme.test")
    awaited = await _all(installation)
    await stand(ingress.database, ingress.connection, Verb.OFF)
    await installation.deliver()
    assert await _fates(installation, awaited) == {Fate.APPLIED: 1}


async def test_a_deactivation_that_the_brake_holds_is_told(installation: Installation) -> None:
    ingress = installation.ingress
    ada = await ingress.user("ada@acme.test")
    async with ingress.database.write() as db:
        held = update(Identity).where(Identity.id == ada)  # type: ignore[arg-type]
        await db.execute(held.values(leaving=1))
    awaited = await _all(installation)
    await installation.deliver()
    assert await _fates(installation, awaited) == {Fate.BRAKED: 1}


async def test_named_identities_are_awaited_alone(databases: Databases) -> None:
    rules = StoreRules(on_create=CreateEmployee())
    async with (
        installation_on(databases, rules) as one,
        installation_on(databases, rules) as other,
    ):
        ada, _ben = [await one.ingress.user(f"{name}@acme.test") for name in ("ada", "ben")]
        eve = await other.ingress.user("eve@acme.test")
        named = {one.ingress.connection: [ada, "unknown"], other.ingress.connection: [eve]}
        awaited = await awaited_among(databases.directory, named)
        assert {it: len(ids) for it, ids in awaited.versions.items()} == dict.fromkeys(named, 1)
        left_alone = {(other.ingress.connection, eve)}
        every = await awaited_of(databases.directory, None, left_alone)
        assert sum(map(len, every.versions.values())) == 2
        await one.deliver()
        assert await _fates(one, awaited) == {Fate.APPLIED: 2}
