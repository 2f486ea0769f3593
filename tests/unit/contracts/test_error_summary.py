"""Is an error told by its type and place, and never by its text?"""

from contracts.error_summary import error_summary


def _fail() -> None:
    raise ValueError("ada@example.com")


def _caught() -> ValueError:
    try:
        _fail()
    except ValueError as error:
        return error
    raise AssertionError


def test_an_error_is_told_by_its_type_and_the_lines_it_came_through() -> None:
    told = error_summary(_caught())
    assert told["error"] == "ValueError"
    places = [place.rpartition(":") for place in told["where"].split()]
    assert [module for module, _, _ in places] == [__name__, __name__]
    assert all(line.isdecimal() for _, _, line in places)
    assert "ada" not in str(told)


def test_of_a_group_each_error_is_told_once() -> None:
    inner = ExceptionGroup("ada", [_caught(), KeyError("ada")])
    told = error_summary(ExceptionGroup("ada", [_caught(), inner]))
    assert told["error"] == "ValueError, KeyError"
    assert "ada" not in str(told)
