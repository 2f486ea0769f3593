"""Is something allowed once in a while for each key, and is the memory of it bounded?"""

from api.requests.seldom import Seldom


def test_each_key_is_due_again_after_its_while() -> None:
    seldom = Seldom(60)
    assert [seldom.is_due("a", at) for at in (0, 59, 60, 119, 120)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert seldom.is_due("b", 121)


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    seldom = Seldom(60)
    assert seldom.is_due("a", 1_000)
    assert seldom.is_due("a", 10)


def test_of_more_keys_than_are_remembered_the_oldest_is_forgotten() -> None:
    seldom = Seldom(60, most=2)
    assert [seldom.is_due(key, 0) for key in "abc"] == [True, True, True]
    assert not seldom.is_due("c", 1)
    assert not seldom.is_due("b", 1)
    assert seldom.is_due("a", 1)
