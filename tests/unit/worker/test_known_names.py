"""How long are rows taken for granted? Until their names are old, or found to be missing."""

from worker.known_names import KNOWN_SECONDS, KnownNames


def test_names_are_known_for_a_while() -> None:
    now = [0.0]
    known = KnownNames(lambda: now[0])
    known.add(["acme"])
    assert known.missing_of(["globex", "acme", "globex"]) == ["globex"]
    now[0] = KNOWN_SECONDS
    assert known.missing_of(["globex", "acme"]) == ["acme", "globex"]


def test_a_name_that_turns_out_to_be_missing_is_forgotten() -> None:
    known = KnownNames()
    known.add(["acme", "globex"])
    known.forget(["acme", "nobody"])
    assert known.missing_of(["acme", "globex"]) == ["acme"]
