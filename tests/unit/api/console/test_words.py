"""Has every state, reason and kind that the program knows a sentence for people?"""

import pytest

from api.console.words import REASONS, TOLD, reason, told
from api.directory.connection_states import PUBLISHING, ConnectionState
from api.reconciliation.person_states import AHEAD, BRAKE, LEFT, WAIVED, PersonState
from contracts.downstream.failures import Kind
from worker.planning.actions import Reason

HELD = [state.value for state in ConnectionState if state not in PUBLISHING]
OF_STANDINGS = [BRAKE, WAIVED, LEFT, AHEAD, *HELD]


@pytest.mark.parametrize("word", sorted({*OF_STANDINGS, *Reason, *Kind}))
def test_every_reason_is_told_in_few_words_and_in_sentences(word: str) -> None:
    assert word in REASONS
    assert len(reason(word)) < 40
    assert told(word).endswith(".")
    assert word in TOLD


@pytest.mark.parametrize("word", [*PersonState, *ConnectionState, "off"])
def test_every_state_is_told(word: str) -> None:
    assert word in TOLD or word == ConnectionState.LIVE


def test_several_reasons_are_told_together() -> None:
    assert told("no_email, last_admin") == f"{TOLD['no_email']} {TOLD['last_admin']}"
    assert reason("no_email, last_admin") == "No e-mail address; Last Admin of the workspace"


def test_an_unknown_word_is_shown_as_it_reads() -> None:
    assert told("a_new-word") == "A new word."
