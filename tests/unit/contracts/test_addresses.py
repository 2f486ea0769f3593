"""Is every address tried in its turn, whatever the others do?"""

import asyncio
import socket
from collections.abc import Sequence
from itertools import permutations

import pytest

from contracts.addresses import Address, Addresses
from contracts.servers import Server

LONG, SHORT = 60.0, 1.0
"""Seconds: of a test that hangs, and of one in which somebody is silent."""


async def _look_up(server: Server) -> Sequence[Address]:
    """Know a name by its letters, each of which is an address."""
    if not server.host:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return [Address(server, socket.AF_INET, (letter,)) for letter in server.host]


def _addresses(*names: str) -> Addresses:
    return Addresses([Server(name, 1) for name in names], _look_up)


class Network:
    """Answers for some addresses, keeps others silent, and refuses the rest."""

    def __init__(self, *, answering: str = "", silent: str = "") -> None:
        self.answering, self.silent = answering, silent
        self.asked: list[str] = []

    async def __call__(self, address: Address) -> str:
        letter = str(address.socket_address[0])
        self.asked.append(letter)
        if letter in self.silent:
            await asyncio.Event().wait()
        if letter not in self.answering:
            raise ConnectionRefusedError(letter)
        return letter


@pytest.mark.parametrize("silent", ["", "a", "b", "ab"])
async def test_the_one_that_answers_is_found_by_whatever_names(silent: str) -> None:
    for names in (["abc"], ["ab", "c"], ["a", "b", "c"], ["", "abc"]):
        network = Network(answering="c", silent=silent)
        seconds = SHORT if silent else LONG
        assert await _addresses(*names).reach(network, seconds) == "c"


async def test_every_order_comes_up() -> None:
    seen: set[tuple[str, ...]] = set()
    async with asyncio.timeout(LONG):
        while len(seen) < len(list(permutations("abc"))):
            network = Network()
            with pytest.raises(ConnectionRefusedError):
                await _addresses("abc").reach(network, LONG)
            seen.add(tuple(network.asked))


async def test_one_that_was_silent_is_asked_last_the_next_time() -> None:
    addresses, network = _addresses("ab"), Network(answering="ab", silent="a")
    while "a" not in network.asked:
        await addresses.reach(network, SHORT)
    network.asked.clear()
    for _ in range(20):
        assert await addresses.reach(network, LONG) == "b"
    assert set(network.asked) == {"b"}


async def test_one_on_which_nobody_would_wait_is_asked_last_too() -> None:
    addresses, network = _addresses("ab"), Network(silent="ab")
    impatient = asyncio.ensure_future(addresses.reach(network, LONG))
    while not network.asked:
        await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    network.answering, network.silent = "ab", ""
    given_up = network.asked.pop()
    assert await addresses.reach(network, LONG) != given_up
    assert given_up not in network.asked


async def test_one_that_is_back_takes_its_part_again() -> None:
    addresses, network = _addresses("ab"), Network(answering="b")
    while "a" not in network.asked:
        await addresses.reach(network, LONG)
    network.answering = "a"
    assert await addresses.reach(network, LONG) == "a"  # b fails, and is the latest to have failed
    network.answering = "ab"
    assert await addresses.reach(network, LONG) == "a"


async def test_silence_of_all_ends_in_time() -> None:
    with pytest.raises(TimeoutError):
        await _addresses("ab").reach(Network(silent="ab"), SHORT)


async def test_the_last_refusal_is_told_and_so_is_a_name_that_nobody_knows() -> None:
    with pytest.raises(ConnectionRefusedError):
        await _addresses("ab").reach(Network(), LONG)
    with pytest.raises(socket.gaierror):
        await _addresses("", "").reach(Network(), LONG)


async def test_what_another_address_does_not_mend_is_raised_at_once() -> None:
    async def refuse(_address: Address) -> None:
        asked.append(1)
        raise PermissionError

    asked: list[int] = []
    with pytest.raises(PermissionError):
        await _addresses("ab").reach(refuse, LONG, failures=(ConnectionError,))
    assert asked == [1]


@pytest.mark.parametrize("turns", range(6))
async def test_a_result_that_comes_as_its_caller_is_cancelled_is_given_up(turns: int) -> None:
    """The caller is cancelled so many turns of the loop after the server has answered."""
    begun, answers = asyncio.Event(), asyncio.Event()
    opened: list[str] = []
    discarded: list[str] = []

    async def attempt(_: Address) -> str:
        begun.set()
        await answers.wait()
        opened.append("session")
        return "session"

    async with asyncio.timeout(LONG):
        reached = asyncio.create_task(
            _addresses("a").reach(attempt, LONG, discard=discarded.append)
        )
        await begun.wait()
        answers.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        reached.cancel()
        await asyncio.wait([reached])
        await asyncio.sleep(0)
    returned = [] if reached.cancelled() else [reached.result()]
    assert opened == discarded + returned
