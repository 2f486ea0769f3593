"""Do the commands show dead letters without taking them, and throw them away when told to?"""

import asyncio
from collections.abc import Callable
from io import StringIO

import pytest
from aio_pika import Message, connect

from contracts.identities_changed import join
from contracts.identity_changed import Trace, encode
from contracts.topology import Lane, Topology
from tests.commands.conftest import Answer
from tests.drivers.people import ADA, STORE, joiner
from tests.servers.rabbitmq import RabbitmqServer
from worker.rabbitmq.connection import Broker
from worker.rabbitmq.set_aside import Letter, SetAside

pytestmark = pytest.mark.rabbitmq

Muster = Callable[..., Answer]


@pytest.fixture
def muster(
    muster: Muster,
    monkeypatch: pytest.MonkeyPatch,
    rabbitmq_server: RabbitmqServer,
    topology: Topology,
) -> Muster:
    """Give the command, with a broker."""
    monkeypatch.setenv("MUSTER_BROKER_URL", rabbitmq_server.url)
    monkeypatch.setenv("MUSTER_BROKER_PREFIX", topology.prefix)
    return muster


def test_dead_letters_are_listed_with_their_reasons_and_stay(
    muster: Muster, rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    asyncio.run(_set_aside(rabbitmq_server.url, topology))
    for _ in range(2):
        listed = muster("dead-letters", "list", "--json")
        assert listed.json == [
            {
                "reason": "not JSON",
                "lane": "urgent",
                "attempts": 2,
                "bytes": len(b"ada.secret@acme.test"),
                "connection": None,
                "identity": None,
                "version": None,
            },
            {
                "reason": "rejected",
                "lane": "bulk",
                "attempts": 0,
                "bytes": len(EVENT),
                "connection": "okta",
                "identity": "ada",
                "version": 1,
            },
        ]
        assert "secret" not in listed.out
    assert len(muster("dead-letters", "list", "--most", "1", "--json").json) == 1
    assert "rejected" in muster("dead-letters", "list").out


def test_each_event_of_a_bundle_is_a_dead_letter(
    muster: Muster, rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    asyncio.run(_set_a_bundle_aside(rabbitmq_server.url, topology))
    listed = muster("dead-letters", "list", "--json").json
    assert [letter["identity"] for letter in listed] == ["ada", None, "ben"]
    assert {letter["reason"] for letter in listed} == {"never answered"}
    assert len(muster("dead-letters", "list", "--most", "2", "--json").json) == 2


def test_dead_letters_are_purged_when_told_to(
    muster: Muster, rabbitmq_server: RabbitmqServer, topology: Topology
) -> None:
    asyncio.run(_set_aside(rabbitmq_server.url, topology))
    assert muster("dead-letters", "purge", "--yes", "--json").json == {"purged": 2}
    assert muster("dead-letters", "list", "--json").json == []


@pytest.mark.parametrize("answer", ["", "n\n"])
def test_nothing_is_purged_unless_somebody_says_so(
    muster: Muster,
    rabbitmq_server: RabbitmqServer,
    topology: Topology,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
) -> None:
    asyncio.run(_set_aside(rabbitmq_server.url, topology))
    monkeypatch.setattr("sys.stdin", StringIO(answer))
    assert muster("dead-letters", "purge").status == 130
    assert len(muster("dead-letters", "list", "--json").json) == 2


def test_a_broker_without_the_queue_is_one_line_that_says_what_to_do(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_BROKER_PREFIX", "nothing-here")
    for command in ("list", "purge"):
        answer = muster("dead-letters", command, *(["--yes"] if command == "purge" else []))
        assert (answer.status, answer.out) == (2, "")
        (line,) = answer.err.splitlines()
        assert "muster topology apply" in line


EVENT = encode(joiner(STORE, ADA), Trace(correlation_id="okta-1"))


async def _set_a_bundle_aside(url: str, topology: Topology) -> None:
    ben = encode(joiner(STORE, "ben@acme.test", "ben"), Trace(correlation_id="okta-2"))
    setting_aside = SetAside(Broker(url), topology)
    body = join([EVENT, b"{}", ben])
    letter = Letter(topology.dead_letters, body, {"muster-reason": "never answered"})
    assert await setting_aside.put(letter)
    await setting_aside.close()


async def _set_aside(url: str, topology: Topology) -> None:
    """Let one message be put aside by a worker, and another by the broker."""
    async with await connect(url) as connection:
        channel = await connection.channel()
        setting_aside = SetAside(Broker(url), topology)
        headers: dict[str, str | int] = {
            "muster-reason": "not JSON",
            "muster-lane": "urgent",
            "muster-attempts": 2,
        }
        body = b"ada.secret@acme.test"
        assert await setting_aside.put(Letter(topology.dead_letters, body, headers))
        await setting_aside.close()
        bulk = topology.lane(Lane.BULK)
        await channel.default_exchange.publish(Message(EVENT), bulk)
        queue = await channel.get_queue(bulk)
        async with queue.iterator() as messages:
            async for message in messages:
                await message.reject()
                break
        dead = 0
        while dead < 2:  # the broker moves it in its own time
            declared = await channel.declare_queue(topology.dead_letters, passive=True)
            dead = declared.declaration_result.message_count or 0
