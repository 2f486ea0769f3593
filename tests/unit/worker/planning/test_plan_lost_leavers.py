"""Does somebody whose leaving the directory has lost come back by what says nothing about them?"""

import pytest

from contracts.identity_changed import IdentityChanged
from tests.drivers.people import (
    ADA,
    STORE,
    a_world,
    account_of,
    joiner,
    left,
    live,
    play,
    refused,
)
from worker.planning.actions import Reason
from worker.planning.working_set import World

LEFT_AT = 100


def played(*events: IdentityChanged) -> World:
    world = a_world()
    play(world, *events)
    return world


def told(event: IdentityChanged, version: int, told_at: int | None) -> IdentityChanged:
    """Return the event as a directory publishes it that has lost the leaving."""
    return event.model_copy(update={"version": version, "told_at": told_at})


def leaving(event: IdentityChanged, version: int = LEFT_AT) -> IdentityChanged:
    gone = left(event, STORE)
    terms = gone.terms.model_copy(update={"deactivated_at": version})
    return gone.model_copy(update={"version": version, "told_at": version, "terms": terms})


def test_a_change_of_a_group_brings_no_leaver_back() -> None:
    ada = told(joiner(STORE), 1, told_at=1)
    world = played(ada, leaving(ada), told(ada, LEFT_AT + 50, told_at=1))
    assert live(world) == []
    assert refused(world) == [Reason.LEFT]


@pytest.mark.parametrize("told_at", [LEFT_AT + 50, None], ids=["the provider", "an older api"])
def test_a_change_of_the_person_brings_them_back(told_at: int | None) -> None:
    ada = told(joiner(STORE), 1, told_at=1)
    world = played(ada, leaving(ada), told(ada, LEFT_AT + 50, told_at=told_at))
    assert account_of(world).email == ADA
    assert refused(world) == []


def test_a_leaving_that_the_directory_has_learnt_keeps_nobody_away() -> None:
    ada = told(joiner(STORE), 1, told_at=1)
    back = told(ada, LEFT_AT + 50, told_at=1)
    learnt = back.terms.model_copy(update={"deactivated_at": LEFT_AT})
    world = played(ada, leaving(ada), back.model_copy(update={"terms": learnt}))
    assert account_of(world).email == ADA


def test_who_left_and_left_again_is_gone() -> None:
    ada = told(joiner(STORE), 1, told_at=1)
    world = played(
        ada,
        leaving(ada),
        told(ada, LEFT_AT + 50, told_at=1),
        leaving(ada, LEFT_AT + 60),
        told(ada, LEFT_AT + 70, told_at=LEFT_AT + 70),
    )
    assert account_of(world).email == ADA
    assert refused(world) == []
