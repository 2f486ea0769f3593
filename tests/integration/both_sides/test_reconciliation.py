"""Does a reconciliation find what disagrees, nothing else, and does a resync repair it?"""

from sqlalchemy import delete, insert, update
from sqlmodel import col

from api.directory.tables import Identity, UserRow
from api.reconciliation.verdicts import Verdict
from tests.drivers.both_sides import Installation
from worker.platforms.sql.mapping import ACCOUNTS, FAILURES, RECORDS


async def _verdicts(installation: Installation) -> dict[str, Verdict]:
    comparison = await installation.compare()
    return {finding.identity: finding.verdict for finding in comparison.findings}


async def test_where_everything_was_applied_nothing_is_found(installation: Installation) -> None:
    ada, ben = [await installation.ingress.user(f"{n}@acme.test") for n in ("ada", "ben")]
    await installation.ingress.group("Weavers", ada, ben)
    await installation.ingress.send("DELETE", f"/Users/{ben}")
    await installation.deliver()
    comparison = await installation.compare()
    assert comparison.counts == {Verdict.IN_STEP: 2}
    assert comparison.findings == []


async def test_what_is_not_published_yet_is_pending(installation: Installation) -> None:
    await installation.ingress.user("ada@acme.test")
    assert (await installation.compare()).counts == {Verdict.PENDING: 1}


async def test_what_was_published_just_now_is_pending(installation: Installation) -> None:
    await installation.ingress.user("ada@acme.test")
    await installation.deliver(lost=True)
    assert (await installation.compare(settled_before=0)).counts == {Verdict.PENDING: 1}


async def test_a_joiner_who_never_arrived_is_missing_until_it_is_fixed(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver(lost=True)
    assert await _verdicts(installation) == {ada: Verdict.MISSING}
    assert await installation.fix() == 1
    await installation.deliver()
    assert [account.email for account in await installation.accounts()] == ["ada@acme.test"]
    assert await _verdicts(installation) == {}


async def test_a_leaver_who_never_arrived_is_stale_until_it_is_fixed(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await installation.ingress.send("DELETE", f"/Users/{ada}")
    await installation.deliver(lost=True)
    assert await _verdicts(installation) == {ada: Verdict.STALE}
    assert await installation.fix() == 1
    await installation.deliver()
    assert [account.removed for account in await installation.accounts()] == [True]
    assert await _verdicts(installation) == {}


async def test_downstream_is_ahead_of_a_directory_that_was_restored(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    async with installation.ingress.database.write() as db:
        await db.execute(update(Identity).values(version=col(Identity.version) - 1_000_000))
    assert await _verdicts(installation) == {ada: Verdict.AHEAD}
    assert await installation.fix() == 1
    await installation.deliver()
    assert await _verdicts(installation) == {}


async def test_one_repair_is_enough_though_a_clock_was_ahead_when_downstream_was_written(
    installation: Installation,
) -> None:
    tomorrow = installation.clock() + 86_400_000_000
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await installation.by_hand(update(RECORDS).values(applied_version=tomorrow))
    assert (await installation.compare(settled_before=0)).counts == {Verdict.AHEAD: 1}
    assert await installation.fix() == 1
    await installation.deliver()
    assert await _verdicts(installation) == {}
    assert (await installation.ingress.identity(ada))["version"] == tomorrow + 1


async def test_a_version_of_a_clock_ahead_is_given_to_nobody_else(
    installation: Installation,
) -> None:
    tomorrow = installation.clock() + 86_400_000_000
    ada, ben = [await installation.ingress.user(f"{n}@acme.test") for n in ("ada", "ben")]
    await installation.deliver()
    of_ada = update(RECORDS).where(RECORDS.c.identity == ada)
    await installation.by_hand(of_ada.values(applied_version=tomorrow))
    async with installation.ingress.database.write() as db:
        back = update(Identity).where(col(Identity.id) == ben)
        await db.execute(back.values(version=col(Identity.version) - 1))
    assert await _verdicts(installation) == {ada: Verdict.AHEAD, ben: Verdict.AHEAD}
    assert await installation.fix() == 2
    assert (await installation.ingress.identity(ben))["version"] < tomorrow
    await installation.deliver()
    assert await _verdicts(installation) == {}


async def test_what_was_given_up_is_failed_until_another_try_succeeds(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    version = (await installation.ingress.identity(ada))["version"]
    await installation.deliver(lost=True)
    given_up = {
        "connection": installation.ingress.connection,
        "identity": ada,
        "kind": "exhausted",
        "message": "DBAPIError 40001",
        "first_at": 1,
        "last_at": 1,
        "attempts": 5,
        "version": version,
        "correlation_id": "",
    }
    await installation.by_hand(insert(FAILURES).values(given_up))
    assert await _verdicts(installation) == {ada: Verdict.FAILED}
    assert await installation.fix() == 1
    await installation.deliver()
    assert await _verdicts(installation) == {}


async def test_a_tampered_account_is_found_with_what_differs_and_is_put_right(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test", displayName="Ada Quill")
    await installation.ingress.group("Weavers", ada)
    await installation.deliver()
    await installation.by_hand(update(ACCOUNTS).values(display_name="Eve", groups=[]))
    [finding] = (await installation.compare()).findings
    assert finding.verdict is Verdict.TAMPERED
    assert finding.differs == ["display_name", "groups"]
    assert await installation.fix() == 1
    await installation.deliver()
    [account] = await installation.accounts()
    assert account.groups == ("Weavers",)
    assert await _verdicts(installation) == {}


async def test_a_removed_account_of_somebody_active_is_tampered_and_comes_back(
    installation: Installation,
) -> None:
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await installation.by_hand(update(ACCOUNTS).values(removed=True, email=None, email_key=None))
    [finding] = (await installation.compare()).findings
    assert (finding.identity, finding.differs) == (ada, ["account"])
    await installation.fix()
    await installation.deliver()
    assert [account.email for account in await installation.accounts()] == ["ada@acme.test"]


async def test_comparing_changes_nothing(installation: Installation) -> None:
    await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await installation.by_hand(update(ACCOUNTS).values(display_name="Eve"))
    before = await installation.accounts()
    await installation.compare()
    assert await installation.accounts() == before
    assert await installation.ingress.marked() == set()


async def test_who_is_refused_is_explained(installation: Installation) -> None:
    for name in ("ada", "namesake"):
        await installation.ingress.user(name, emails=[{"value": "ada@acme.test"}])
    await installation.deliver()
    comparison = await installation.compare()
    assert comparison.counts == {Verdict.IN_STEP: 1, Verdict.REFUSED: 1}
    assert comparison.findings == []


async def test_who_the_directory_forgot_is_orphaned_and_lets_go_of_the_account(
    installation: Installation,
) -> None:
    forgotten = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    async with installation.ingress.database.write() as db:
        await db.execute(delete(UserRow))
        await db.execute(delete(Identity))
    successor = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    state = (await installation.states.of(installation.ingress.connection, [successor]))[successor]
    assert [refusal.reason for refusal in state.refusals] == ["conflict"]
    assert await _verdicts(installation) == {forgotten: Verdict.ORPHANED}

    assert await installation.fix() == 1
    await installation.deliver()
    assert await _verdicts(installation) == {}
    [account] = await installation.accounts()
    assert (account.email, account.removed) == ("ada@acme.test", False)


async def test_an_orphan_of_an_unknown_connection_is_told_and_left_alone(
    installation: Installation,
) -> None:
    await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await installation.by_hand(update(RECORDS).values(connection="elsewhere"))
    comparison = await installation.compare()
    assert comparison.counts == {Verdict.MISSING: 1, Verdict.ORPHANED: 1}
    assert await installation.fix() == 1, "the one that the directory knows"
