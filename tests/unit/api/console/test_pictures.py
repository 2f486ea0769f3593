"""Do pictures show numbers where they belong, say them in words, and need no style of their own?"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from api.admin.comings import DAY, Day, summed
from api.console.pictures import comings_picture, compact, lag_picture, told_comings

SVG = "{http://www.w3.org/2000/svg}"
FIRST = 20_000 * DAY
"""The fourth of October 2024."""

WEEKS = [Day(FIRST + n * DAY, 0, 0) for n in range(14)]


def days(**given: tuple[int, int]) -> Sequence[Day]:
    """Return two weeks in which people have joined and left on some days."""
    numbers = {int(name.removeprefix("d")): both for name, both in given.items()}
    return [Day(day.start, *numbers.get(n, (0, 0))) for n, day in enumerate(WEEKS)]


def drawn(picture: Markup) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - it was drawn here


def bars(picture: Markup, kind: str) -> list[tuple[float, float]]:
    """Return the upper ends of bars and their heights."""
    found = drawn(picture).iter("rect")
    return [
        (float(it.get("y", "")), float(it.get("height", "")))
        for it in found
        if it.get("class") == kind
    ]


def test_joiners_stand_above_the_axis_and_leavers_below() -> None:
    picture = comings_picture("week", days(d3=(6, 2), d9=(3, 0)))
    [axis] = [float(it.get("y1", "")) for it in drawn(picture).iter("line")]
    joined, left = bars(picture, "joined"), bars(picture, "left")
    assert [y + height for y, height in joined] == pytest.approx([axis, axis], abs=0.1)
    assert [y for y, _ in left] == [axis]
    assert [height for _, height in joined] == pytest.approx([66, 33])
    assert [height for _, height in left] == pytest.approx([22])


def test_the_first_day_the_middle_and_today_are_dated() -> None:
    picture = comings_picture("week", days(d3=(6, 2)))
    texts = [it.text for it in drawn(picture).iter("text")]
    assert texts[-3:] == ["today", "10 Oct", "4 Oct"]


def test_one_person_among_thousands_is_seen() -> None:
    picture = comings_picture("week", days(d0=(100_000, 1)))
    assert bars(picture, "left")[0][1] == 2


def test_nobody_is_a_line() -> None:
    picture = comings_picture("week", WEEKS)
    assert bars(picture, "joined") == bars(picture, "left") == []
    assert told_comings(WEEKS) == "0 joined and 0 left in 14 days, up to today (UTC)."


@pytest.mark.parametrize("numbers", [(0, 0), (1, 0), (0, 1), (5, 9), (100_000, 100_000)], ids=str)
def test_all_stays_within_the_picture(numbers: tuple[int, int]) -> None:
    svg = drawn(comings_picture("week", days(d0=numbers, d13=numbers)))
    _, _, width, height = map(float, svg.get("viewBox", "").split())
    for each in svg.iter("rect"):
        x, y, wide, high = (float(each.get(it, "")) for it in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= 0
        assert x + wide <= width
        assert y + high <= height
    for text in svg.iter("text"):
        assert 8 <= float(text.get("y", "")) <= height


def test_a_picture_says_in_words_what_it_shows() -> None:
    told = told_comings(days(d3=(6, 2), d9=(3, 0)))
    assert told == (
        "9 joined and 2 left in 14 days, up to today (UTC)."
        " Most joined on 7 Oct: 6. Most left on 7 Oct: 2."
    )
    svg = drawn(comings_picture("week", days(d3=(6, 2), d9=(3, 0))))
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "week-title week-desc")
    texts = {it.get("id"): it.text for it in svg}
    assert texts["week-desc"] == told
    assert texts["week-title"] == "People who joined and left, by day"


@pytest.mark.parametrize("picture", [comings_picture("a", days(d1=(1, 1))), lag_picture("b", 3)])
def test_a_picture_has_no_style_and_no_script(picture: Markup) -> None:
    for element in drawn(picture).iter():
        assert element.tag in {"svg", "g", "rect", "line", "text", "title", "desc"}
        assert not [it for it in element.attrib if it == "style" or it.startswith("on")]


def test_what_is_drawn_is_escaped() -> None:
    assert '<script>"' not in comings_picture('"><script>"', WEEKS)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1.0k"),
        (9_999, "9.9k"),
        (10_000, "10k"),
        (999_999, "999k"),
        (2_500_000, "2M"),
    ],
)
def test_large_numbers_are_short(number: int, text: str) -> None:
    assert compact(number) == text


def test_a_lag_stands_further_right_the_longer_it_is() -> None:
    places = []
    for seconds in (0, 1, 60, 3_600, 86_400, 10**9):
        [_, mark] = drawn(lag_picture("lag", seconds)).iter("rect")
        places.append(float(mark.get("x", "")))
    assert places[:5] == sorted(set(places[:5]))
    assert places[4] == places[5], "nothing is drawn beyond a day"


def test_a_lag_is_told_in_words() -> None:
    assert "has waited for 3 minutes." in lag_picture("lag", 200)
    assert "No change waits." in lag_picture("lag", 0)


def test_the_days_of_connections_are_summed() -> None:
    one, other = days(d0=(1, 2)), days(d0=(3, 0), d1=(0, 5))
    assert summed([one, other]) == days(d0=(4, 2), d1=(0, 5))
    assert summed([]) == []
