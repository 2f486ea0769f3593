"""What does the memory of tokens know, and for how long?"""

import pytest

from api.access.token_memory import SECONDS, TokenMemory


class Watch:
    """A clock that stands still until a test moves it."""

    time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def memory(watch: Watch) -> TokenMemory[str]:
    return TokenMemory(watch, most=2)


def test_a_token_is_remembered_for_a_second(memory: TokenMemory[str], watch: Watch) -> None:
    memory.confirm("digest", "acme", memory.next_moment())
    watch.time = SECONDS
    assert memory.recall("digest") == "acme"
    watch.time += 0.1
    assert memory.recall("digest") is None


def test_a_token_that_opened_nothing_is_not_remembered(memory: TokenMemory[str]) -> None:
    memory.end("digest")
    assert memory.recall("digest") is None
    assert memory.confirmed_since("digest", 0) is None


def test_a_token_that_has_ended_is_looked_up_again(memory: TokenMemory[str]) -> None:
    memory.confirm("digest", "acme", memory.next_moment())
    memory.end("digest")
    assert memory.recall("digest") is None


def test_only_a_statement_after_the_arrival_of_a_request_confirms_its_token(
    memory: TokenMemory[str],
) -> None:
    statement, request = memory.next_moment(), memory.next_moment()
    memory.confirm("digest", "acme", statement)
    assert memory.confirmed_since("digest", request) is None
    memory.confirm("digest", "acme", memory.next_moment())
    assert memory.confirmed_since("digest", request) == "acme"


def test_a_statement_that_began_earlier_confirms_nothing_however_late_it_ends(
    memory: TokenMemory[str],
) -> None:
    early, request, late = (memory.next_moment() for _ in range(3))
    memory.confirm("digest", "acme", late)
    memory.confirm("digest", "acme", early)
    assert memory.confirmed_since("digest", request) == "acme"


def test_a_request_whose_write_was_stored_is_told_so_though_its_token_has_ended_since(
    memory: TokenMemory[str],
) -> None:
    request = memory.next_moment()
    memory.confirm("digest", "acme", memory.next_moment())
    memory.end("digest")
    assert memory.confirmed_since("digest", request) == "acme"


def test_of_too_many_tokens_that_of_the_longest_silence_is_forgotten(
    memory: TokenMemory[str],
) -> None:
    for digest in ("first", "second", "first", "third"):
        memory.confirm(digest, "acme", memory.next_moment())
    assert [memory.recall(it) for it in ("first", "second", "third")] == ["acme", None, "acme"]
