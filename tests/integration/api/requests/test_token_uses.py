"""Is the last use of a token told, at most once a minute, and at no cost to requests?"""

from collections.abc import Sequence
from functools import partial

import pytest
from sqlalchemy.exc import SQLAlchemyError

from api.access.expiring import SOON, expiring_tokens, next_expiry
from api.admin.actors import COMMAND
from api.admin.tokens import ListedToken, TokenChoices, create_token, list_tokens, revoke_token
from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.requests.client_address import TrustedProxies, networks_in
from api.requests.log import RequestLog
from api.requests.request_book import RequestBook
from api.requests.token_uses import MINUTE, TokenUses
from contracts.clock import now
from tests.drivers.administration import administration_on
from tests.drivers.in_process import Ingress, ingress_on, metrics_of_nobody
from tests.readings.round_trips import round_trips_to

START = 1_700_000_000_000_000


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> int:
        return self.at


async def tokens_of(ingress: Ingress) -> Sequence[ListedToken]:
    return await list_tokens(administration_on(ingress.database), COMMAND, ingress.connection)


def book_on(
    directory: DirectoryDatabase, clock: Hands, metrics: ApiMetrics | None = None
) -> RequestBook:
    log = RequestLog(directory, (metrics or metrics_of_nobody()).unlogged_requests, clock)
    proxies = TrustedProxies(networks_in("127.0.0.0/8"))
    return RequestBook(log, TokenUses(directory, clock), proxies)


async def test_the_last_use_is_told_once_a_minute_with_the_address_of_the_provider(
    directory: DirectoryDatabase,
) -> None:
    clock = Hands()
    book = book_on(directory, clock)
    async with ingress_on(directory, on_answer=book.note) as ingress:
        [unused] = await tokens_of(ingress)
        assert (unused.last_used_at, unused.last_used_from) == (None, None)
        for passed, told in ((0, 0), (MINUTE - 1, 0), (MINUTE, MINUTE), (90_000_000, MINUTE)):
            clock.at = START + passed
            forwarded = {"X-Forwarded-For": f"198.51.100.1, 203.0.113.{told // MINUTE}"}
            await ingress.send("GET", "/Users", **forwarded)
            await book.uses.write()
            [token] = await tokens_of(ingress)
            address = f"203.0.113.{told // MINUTE}"
            assert (token.last_used_at, token.last_used_from) == (START + told, address)


async def test_two_processes_write_a_use_once_a_minute_as_well(ingress: Ingress) -> None:
    digest = ingress.transactions.connection.digest
    clock = Hands()
    one, other = (TokenUses(ingress.database, clock) for _ in range(2))
    for passed, uses in ((0, one), (30_000_000, other), (MINUTE, one)):
        clock.at = START + passed
        uses.note(digest, "192.0.2.7")
        await uses.write()
        [token] = await tokens_of(ingress)
        assert token.last_used_at == START + (0 if passed < MINUTE else MINUTE)


async def test_a_use_of_a_clock_that_was_ahead_is_overwritten(ingress: Ingress) -> None:
    digest = ingress.transactions.connection.digest
    clock = Hands()
    for at in (START + 1_000 * MINUTE, START):
        clock.at = at
        uses = TokenUses(ingress.database, clock)
        uses.note(digest, None)
        await uses.write()
    [token] = await tokens_of(ingress)
    assert token.last_used_at == START


async def test_a_wrong_token_is_no_use(directory: DirectoryDatabase) -> None:
    book = book_on(directory, Hands())
    async with ingress_on(directory, on_answer=book.note) as ingress:
        await ingress.http.get("/Users", headers={"Authorization": "Bearer wrong"})
        await book.uses.write()
        [token] = await tokens_of(ingress)
        assert token.last_used_at is None


async def test_uses_of_many_tokens_are_one_statement(ingress: Ingress) -> None:
    uses = TokenUses(ingress.database)
    await uses.write()
    for number in range(500):
        uses.note(f"{number:064x}", "192.0.2.7")
    async with round_trips_to(ingress.database) as sent:
        await uses.write()
    assert len([it for it in sent if "UPDATE tokens" in it]) == 1


async def test_a_use_that_could_not_be_written_is_written_later(ingress: Ingress) -> None:
    digest = ingress.transactions.connection.digest
    uses = TokenUses(ingress.database, Hands())
    uses.note(digest, "192.0.2.7")
    async with ingress.database.write() as db:
        await db.exec_driver_sql("ALTER TABLE tokens RENAME TO elsewhere")
    with pytest.raises(SQLAlchemyError):
        await uses.write()
    async with ingress.database.write() as db:
        await db.exec_driver_sql("ALTER TABLE elsewhere RENAME TO tokens")
    await uses.write()
    [token] = await tokens_of(ingress)
    assert token.last_used_at == START


async def test_tokens_are_told_two_weeks_before_their_end(ingress: Ingress) -> None:
    it = administration_on(ingress.database)
    at = now()
    connection = ingress.connection
    async with ingress.database.read() as db:
        assert await next_expiry(db, at) is None
    ends = at + SOON + 60_000_000
    made = await create_token(it, COMMAND, connection, TokenChoices("next", ends))
    for moment, is_soon in ((at, False), (ends - SOON, True), (ends, False)):
        then = administration_on(ingress.database, clock=partial(int, moment))
        listed = await list_tokens(then, COMMAND, connection)
        assert {it.id: it.expires_soon for it in listed}[made.id] is is_soon
        async with ingress.database.read() as db:
            told = await expiring_tokens(db, moment)
            assert [(it.connection, it.token) for it in told] == (
                [(connection, made.id)] if is_soon else []
            )
            assert await next_expiry(db, moment) == (ends if moment < ends else None)
    assert (await revoke_token(it, COMMAND, connection, made.id)).expires_soon is False
    async with ingress.database.read() as db:
        assert await next_expiry(db, at) is None
