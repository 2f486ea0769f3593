"""Can long work be waited for, with a bar at a terminal, and does a wait always end?"""

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Event, Thread

import pytest
import typer
from prometheus_client import CollectorRegistry

from api.admin.actors import COMMAND
from api.admin.connection_states import change_state
from api.directory.connection_states import Verb
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from api.reconciliation.arrivals import Awaited, Fate
from contracts.topology import Lane
from deploy.commands.waiting import HELD_BACK, TIMED_OUT, conclude
from deploy.databases.open_databases import open_databases
from deploy.settings import read_settings
from tests.commands.conftest import Answer
from tests.commands.test_repairs import prepared, three_failures
from tests.drivers.administration import administration_on
from tests.drivers.both_sides import Courier, Installation
from tests.drivers.forked_muster import fork_muster
from tests.drivers.terminal import shown_at
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.services import own_settings

Muster = Callable[..., Answer]
NOTHING = {fate.value: 0 for fate in Fate}


async def two_people(installation: Installation) -> Sequence[str]:
    """Push two people, who are applied."""
    people = [await installation.ingress.user(f"{name}@acme.test") for name in ("ada", "ben")]
    await installation.deliver()
    return people


async def two_lost(installation: Installation) -> None:
    """Push two people, and lose their events."""
    for name in ("ada", "ben"):
        await installation.ingress.user(f"{name}@acme.test")
    await installation.deliver(lost=True)


@contextmanager
def delivering() -> Iterator[None]:
    """Publish and apply what is marked, beside the command, as relay and worker do."""
    ended = Event()

    async def deliver() -> None:
        async with open_databases(read_settings()) as databases:
            metrics = ApiMetrics(CollectorRegistry())
            relay = Relay(databases.directory, Courier(databases.downstream), metrics)
            while not ended.wait(0.02):
                for lane in Lane:
                    await relay.move(lane)

    thread = Thread(target=lambda: asyncio.run(deliver()))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@on_new_databases_of_both
@pytest.mark.parametrize("words", ["resync acme-store", "resync --all"])
def test_a_resync_waits_until_everybody_is_applied(muster: Muster, words: str) -> None:
    prepared(two_people)
    with delivering():
        answer = muster(*words.split(), "--wait", "--timeout", "60", "--json")
    assert answer.status == 0
    assert answer.json["marked"] == 2
    assert answer.json["waited"] == NOTHING | {"applied": 2}
    assert muster("status", "--json").json["pending"] == 0


def test_a_resync_of_one_person_waits_for_that_one(muster: Muster) -> None:
    ada, _ben = prepared(two_people)
    with delivering():
        answer = muster("resync", "acme-store", "--identity", ada, "--wait", "--timeout", "60")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.splitlines()[:3] == [
        "connection  acme-store",
        "marked      1",
        "applied  1",
    ]


@on_new_databases_of_both
def test_a_retry_waits_for_those_who_failed(muster: Muster) -> None:
    prepared(three_failures)
    with delivering():
        answer = muster("failures", "retry", "exhausted", "--wait", "--timeout", "60", "--json")
    assert (answer.status, answer.json["waited"]) == (0, NOTHING | {"applied": 2})


@on_new_databases_of_both
def test_a_repair_waits_for_what_it_has_published(muster: Muster) -> None:
    prepared(two_lost)
    with delivering():
        answer = muster("reconcile", "--fix", "--wait", "--timeout", "60", "--json")
    assert (answer.status, answer.json["missing"]) == (0, 2)
    assert answer.json["waited"] == NOTHING | {"applied": 2}
    assert muster("reconcile").status == 0


def test_a_wait_without_a_worker_ends_with_a_status_of_its_own(muster: Muster) -> None:
    prepared(two_people)
    answer = muster("resync", "acme-store", "--wait", "--timeout", "0")
    assert answer.status == TIMED_OUT
    assert answer.err == "muster: the time is over: 2 are still on their way\n"
    assert "marked      2" in answer.out
    told = muster("resync", "acme-store", "--wait", "--timeout", "0", "--json")
    assert (told.status, told.json["waited"]) == (TIMED_OUT, NOTHING | {"waiting": 2})


@pytest.mark.parametrize(
    ("verbs", "says"),
    [
        ([Verb.PAUSE], "acme-store is paused: muster"),
        ([Verb.OBSERVE], "acme-store is observing: muster"),
        ([Verb.PAUSE, Verb.OFF], "acme-store is paused and off: muster connections on acme-store"),
    ],
)
def test_what_is_held_is_told_and_not_waited_for(
    muster: Muster, verbs: Sequence[Verb], says: str
) -> None:
    async def stop(installation: Installation) -> None:
        await two_people(installation)
        ingress = installation.ingress
        for verb in verbs:
            await change_state(administration_on(ingress.database), COMMAND, "acme-store", verb)

    prepared(stop)
    answer = muster("resync", "acme-store", "--wait", "--timeout", "60")
    assert answer.status == HELD_BACK
    assert answer.err.startswith(f"muster: {says}")
    assert answer.err.endswith("muster connections resume acme-store\n")


@pytest.mark.parametrize(
    ("fates", "status"),
    [
        ({}, None),
        ({Fate.APPLIED: 2, Fate.REFUSED: 1}, None),
        ({Fate.APPLIED: 1, Fate.FAILED: 1}, 1),
        ({Fate.BRAKED: 1, Fate.FAILED: 1}, HELD_BACK),
        ({Fate.HELD: 1, Fate.APPLIED: 1}, HELD_BACK),
        ({Fate.HELD: 1, Fate.FAILED: 1, Fate.WAITING: 1}, TIMED_OUT),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_the_status_tells_how_a_wait_has_ended(fates: dict[Fate, int], status: int | None) -> None:
    awaited = Awaited()
    awaited.fates.update(fates)
    if status is None:
        conclude(awaited, as_json=True)
        return
    with pytest.raises(typer.Exit) as ended:
        conclude(awaited, as_json=True)
    assert ended.value.exit_code == status


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("resync --all --timeout 5", "--timeout goes with --wait"),
        ("failures retry --timeout 5", "--timeout goes with --wait"),
        ("reconcile --wait", "and --wait go with --fix"),
        ("reconcile --fix --timeout 5", "--timeout goes with --wait"),
        ("resync --all --wait --timeout -1", "--timeout"),
    ],
)
def test_options_of_a_wait_are_refused_without_it(muster: Muster, words: str, says: str) -> None:
    answer = muster(*words.split())
    assert (answer.status, answer.out) == (2, "")
    assert says in answer.err


@pytest.mark.parametrize(
    ("words", "shows"),
    [("reconcile", True), ("resync --all", True), ("reconcile --json", False)],
)
def test_a_bar_is_shown_at_a_terminal_alone(muster: Muster, words: str, *, shows: bool) -> None:
    prepared(two_people)
    ours, theirs = os.openpty()
    with TemporaryFile() as out:
        settings = own_settings() | {"TERM": "xterm"}
        process = fork_muster(words.split(), settings, stdout=out, stderr=theirs)
        os.close(theirs)
        shown = shown_at(ours)
        assert process.join() == 0
        out.seek(0)
        told = out.read()
    os.close(ours)
    word = "compared" if "reconcile" in words else "looking for leavers"
    assert (word in shown) is shows
    assert word.encode() not in told
    piped = muster(*words.split())
    assert piped.err == ""
