"""Do several processes share the rate of a connection, so that their sum is right?"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx2
import pytest
from sqlalchemy import func, select

from api.admin.connections import create_connection
from api.directory.dialects import DirectoryDatabase
from api.fairness.rate_bucket import Rate
from api.fairness.rate_exchange import OF_ALL, SHARES, RateExchange
from api.fairness.rates import Rates
from contracts.clock import now
from tests.drivers.forked_api import forked_apis
from tests.drivers.in_process import RULES, metrics_of_nobody
from tests.readings.round_trips import round_trips_to

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True),
]

RATE = Rate(50, 200)
EXACT = 0.2
"""How far the sum may be off."""

STEP = 0.1
"""Seconds between two looks of a simulated client."""


@dataclass(slots=True)
class Simulated:
    """Processes on one directory, whose clocks a test sets."""

    database: DirectoryDatabase
    number: int
    started: int = field(default_factory=now)
    at: float = 0
    exchanges: list[RateExchange] = field(init=False)

    def __post_init__(self) -> None:
        """Make the processes."""
        self.exchanges = [
            RateExchange(
                Rates(RATE, metrics_of_nobody().share_refusals, shared=True, clock=lambda: self.at),
                self.database,
                lambda: self.started + round(self.at * 1_000_000),
                f"process-{number}",
            )
            for number in range(self.number)
        ]

    async def ask(self, asked: Callable[[float], Sequence[int]], seconds: float) -> list[int]:
        """Let a client ask each process so much at each step; return what was taken at each.

        Exchanges come a second after each other, or sooner if one is wanted, and never together.
        """
        taken = []
        due = [0.05 * number for number in range(self.number)]
        end = self.at + seconds
        while self.at < end - 1e-9:
            in_step = 0
            for number, (exchange, requests) in enumerate(
                zip(self.exchanges, asked(self.at), strict=True)
            ):
                rates = exchange.rates
                in_step += sum(rates.take("acme") == 0 for _ in range(requests))
                if self.at >= due[number] or (
                    rates.wanted.is_set() and self.at >= due[number] - 0.8
                ):
                    rates.wanted.clear()
                    await exchange.exchange()
                    due[number] = self.at + 1
            taken.append(in_step)
            self.at += STEP
        return taken


def evenly(_at: float) -> Sequence[int]:
    return [10, 10, 10]


def at_one(_at: float) -> Sequence[int]:
    return [30, 0, 0]


def unevenly(_at: float) -> Sequence[int]:
    return [25, 4, 1]


def in_turns(at: float) -> Sequence[int]:
    return [30 if int(at / 4) % 3 == number else 0 for number in range(3)]


@pytest.mark.parametrize("asked", [evenly, at_one, unevenly, in_turns])
async def test_the_sum_is_right_however_requests_are_spread(
    directory: DirectoryDatabase, asked: Callable[[float], Sequence[int]]
) -> None:
    processes = Simulated(directory, 3)
    burst = sum(await processes.ask(asked, 12))
    whiles = [sum(await processes.ask(asked, 4)) for _ in range(3)]
    allowed = RATE.burst + RATE.per_second * 24
    assert burst + sum(whiles) == pytest.approx(allowed, rel=EXACT)
    if asked is not in_turns:  # then each while has its rate, once the burst is used up
        assert whiles == pytest.approx([4 * RATE.per_second] * 3, rel=EXACT)


async def test_a_lease_is_in_proportion_to_what_a_process_was_asked(
    directory: DirectoryDatabase,
) -> None:
    processes = Simulated(directory, 3)
    await processes.ask(lambda _at: [24, 6, 0], 8)
    leased = [
        exchange.rates.leases["acme"].bucket.rate.per_second
        for exchange in processes.exchanges
        if "acme" in exchange.rates.leases
    ]
    wanted = [0.8 * RATE.per_second, 0.2 * RATE.per_second]
    assert leased == pytest.approx(wanted, rel=EXACT)


async def test_a_process_that_comes_later_takes_its_share_of_what_is_left(
    directory: DirectoryDatabase,
) -> None:
    processes = Simulated(directory, 2)
    await processes.ask(lambda _at: [40, 0], 12)
    taken = await processes.ask(lambda _at: [0, 40], 12)
    allowed = 12 * RATE.per_second
    assert sum(taken) == pytest.approx(allowed, rel=EXACT)


async def test_a_rest_fills_the_burst_for_all_together(directory: DirectoryDatabase) -> None:
    processes = Simulated(directory, 3)
    await processes.ask(evenly, 12)
    await processes.ask(lambda _at: [0, 0, 0], 2 * RATE.full_after)
    taken = await processes.ask(evenly, 8)
    allowed = RATE.burst + 8 * RATE.per_second
    assert sum(taken) == pytest.approx(allowed, rel=EXACT)


async def test_a_clock_that_was_ahead_refuses_nobody_for_long(directory: DirectoryDatabase) -> None:
    hasty = Simulated(directory, 1, started=now() + 3_600_000_000)
    await hasty.ask(lambda _at: [30], 8)
    processes = Simulated(directory, 1)
    await processes.ask(lambda _at: [1], 4 * RATE.full_after)
    taken = await processes.ask(lambda _at: [30], 8)
    assert sum(taken) >= 8 * RATE.per_second * (1 - EXACT)


async def test_many_connections_are_exchanged_by_two_statements(
    directory: DirectoryDatabase,
) -> None:
    [exchange] = Simulated(directory, 1).exchanges
    await exchange.exchange()
    for number in range(500):
        exchange.rates.take(f"connection-{number}")
    async with round_trips_to(directory) as sent:
        await exchange.exchange()
    assert len([it for it in sent if "rate_shares" in it]) == 2
    async with round_trips_to(directory) as sent:
        await exchange.exchange()
    assert sent == [], "nothing was asked since"
    async with directory.read() as db:
        of_all = select(func.count()).where(SHARES.c.process == OF_ALL)
        assert await db.scalar(of_all) == 500


@pytest.mark.slow
async def test_real_processes_answer_as_much_together_as_the_rate_allows(
    directory: DirectoryDatabase, lent_url: str
) -> None:
    rate, seconds = Rate(10, 40), 8  # less than the slowest machine answers
    connection = await create_connection(directory, "Acme", RULES, now())
    headers = {"Authorization": f"Bearer {connection.token}"}
    answered: list[int] = []

    async def insist(http: httpx2.AsyncClient, port: int, end: float) -> None:
        url = f"http://127.0.0.1:{port}/scim/v2/{connection.id}/ServiceProviderConfig"
        while time.monotonic() < end:
            answer = await http.get(url, headers=headers)
            answered.append(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["Retry-After"]) >= 1
                await asyncio.sleep(0.1)  # a client that insists

    async with (
        forked_apis(lent_url, 3, rate=rate) as ports,
        httpx2.AsyncClient(timeout=30) as http,
    ):
        started = time.monotonic()
        end = started + seconds
        await asyncio.gather(*(insist(http, port, end) for port in ports for _ in range(2)))
        passed = time.monotonic() - started
    assert set(answered) == {200, 429}
    allowed = rate.burst + rate.per_second * passed
    assert answered.count(200) == pytest.approx(allowed, rel=EXACT)
