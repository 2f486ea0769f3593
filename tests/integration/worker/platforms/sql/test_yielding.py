"""Who has an address that a leaver has had? The writes of one batch, on both databases."""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from contracts.identity_changed import IdentityChanged
from contracts.transport import Confirmed, RetryAfter
from tests.drivers.leavers import CHARLES, KEEP, NEXT, waiting, waiting_row
from tests.drivers.people import ADA, BEN, joiner, left, renamed, resynced
from tests.drivers.platform import Platform, delivery, held
from worker.platforms.sql.mapping import ACCOUNTS
from worker.sync.mapping import RECORDS

on_postgres = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)


async def addresses(platform: Platform) -> Mapping[str | None, str]:
    """Return who holds the account of each address."""
    async with platform.database.read() as db:
        holds = RECORDS.c.account_id == ACCOUNTS.c.id
        rows = await db.execute(select(ACCOUNTS.c.email, RECORDS.c.identity).where(holds))
        return dict(rows.all())


async def one_by_one(platform: Platform, *events: IdentityChanged) -> None:
    """Apply events, each as a batch."""
    for event in events:
        await platform.apply(event)


async def refused(platform: Platform, *identities: str) -> list[str]:
    """Return why these identities are refused."""
    return [reason for identity in identities for reason in await platform.reasons(identity)]


@pytest.mark.parametrize("together", [False, True])
async def test_two_addresses_are_swapped_with_somebody_who_left(
    platform: Platform, together: bool
) -> None:
    joined, other = joiner(KEEP), joiner(KEEP, BEN, "ben")
    await one_by_one(platform, joined, other)
    swap = waiting(left(joined, KEEP), BEN), renamed(other, email=ADA)
    await (platform.apply(*swap) if together else one_by_one(platform, *swap))
    assert await addresses(platform) == {BEN: "ada", ADA: "ben"}
    assert await refused(platform, "ada", "ben") == []
    await platform.apply(*map(resynced, swap))
    assert await addresses(platform) == {BEN: "ada", ADA: "ben"}


@pytest.mark.parametrize("last", [CHARLES, "dan@acme.test"])
async def test_a_row_of_leavers_makes_way(platform: Platform, last: str) -> None:
    claimant = joiner(KEEP, CHARLES, "charles")
    row = waiting_row(ADA, BEN, NEXT, last)
    await one_by_one(platform, claimant, *row)
    await platform.apply(renamed(claimant, email=ADA))
    moved = {BEN: f"was {ADA}", NEXT: f"was {BEN}", last: f"was {NEXT}"}
    assert await addresses(platform) == {ADA: "charles"} | moved
    assert await refused(platform, "charles") == []


async def test_who_waits_for_the_end_of_a_row_hears_of_a_change_at_its_head(
    platform: Platform,
) -> None:
    [ada, gone, *rest] = waiting_row(ADA, BEN, NEXT)
    third, new = joiner(KEEP, NEXT, "third"), joiner(KEEP, ADA, "new")
    await one_by_one(platform, third, ada, gone, *rest, new)
    assert await refused(platform, "new") == ["conflict"]
    await platform.apply(waiting(gone, CHARLES))
    assert (await addresses(platform))[ADA] == "new"
    assert await refused(platform, "new") == []


async def test_who_yielded_and_has_the_old_address_again_stays_where_it_is(
    platform: Platform,
) -> None:
    waits = waiting(left(joiner(KEEP), KEEP))
    await one_by_one(platform, joiner(KEEP), waits, joiner(KEEP, ADA, "new"))
    back = renamed(waits, waiting_email=None)
    await one_by_one(platform, back, again := resynced(back), resynced(again))
    assert await addresses(platform) == {NEXT: "ada", ADA: "new"}
    assert await refused(platform, "ada") == []


async def test_who_was_refused_an_address_before_leaving_still_waits_for_it(
    platform: Platform,
) -> None:
    joined, ben = joiner(KEEP), joiner(KEEP, BEN, "ben")
    wants = renamed(joined, email=BEN)
    waits = waiting(left(wants, KEEP))
    await one_by_one(platform, joined, ben, wants, waits, joiner(KEEP, ADA, "new"))
    await one_by_one(platform, again := resynced(waits), resynced(again))
    assert await addresses(platform) == {NEXT: "ada", BEN: "ben", ADA: "new"}
    assert await refused(platform, "ada") == ["conflict"]
    await platform.apply(renamed(ben, email=CHARLES))
    assert (await addresses(platform))[BEN] == "ada"
    assert await refused(platform, "ada") == []


@on_postgres
async def test_a_claimant_waits_while_somebody_is_at_an_account_that_has_to_make_way(
    platform: Platform,
) -> None:
    await one_by_one(platform, *waiting_row(ADA, BEN, NEXT), joiner(KEEP, CHARLES, "charles"))
    claim = joiner(KEEP, ADA, "new")
    async with held(platform, f"SELECT FROM accounts WHERE email = '{BEN}' FOR UPDATE"):
        first, other = delivery(claim), delivery(renamed(joiner(KEEP, CHARLES, "charles")))
        await platform.handler.handle([first, other])
        assert isinstance(first.outcome.result(), RetryAfter)
        assert other.outcome.result() == Confirmed()
    await platform.handler.handle([again := delivery(claim, attempts=1)])
    assert again.outcome.result() == Confirmed()
    assert (await addresses(platform))[ADA] == "new"


@on_postgres
async def test_claimants_to_whom_the_same_accounts_make_way_crosswise_both_get_an_answer(
    platform: Platform,
) -> None:
    await one_by_one(platform, *waiting_row(ADA, BEN, ADA))
    claims = [delivery(joiner(KEEP, email, f"new {email}")) for email in (ADA, BEN)]
    await asyncio.gather(*(platform.handler.handle([claim]) for claim in claims))
    assert [claim.outcome.result() for claim in claims] == [Confirmed(), Confirmed()]
    assert await refused(platform, f"new {ADA}", f"new {BEN}") == ["conflict", "conflict"]
