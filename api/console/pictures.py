"""How do numbers look? Pictures are drawn here as SVG, each with a text that says the same. Pure.

Styles stand in the stylesheet and nowhere else: the policy of every page forbids others. A
drawing tells by place and colour alike, and every text of it is escaped.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import log10

from markupsafe import Markup

from api.admin.comings import Day
from api.console.moments import SECOND, span

WIDTH = 360
"""Units of a picture's own, of which texts are ten high; the stylesheet decides its size."""

HIGHEST, MARGIN, DATES = 88, 14, 16
"""Units for all bars together, for the numbers beyond them, and for the dates below."""

FILLED = 0.56
"""The part of a day's width that its bars take."""

LEAST = 2
"""Units of the smallest bar: even one person among thousands is seen."""

WEEK = 7

SCALE = (("now", 0.1), ("1 s", 1), ("1 min", 60), ("1 h", 3_600), ("1 day", 86_400))
"""The marks of a lag, in seconds; each is about as far from the next one."""

EDGE = 14
"""Units on both sides of a scale, for half of the text below its ends."""

THOUSAND, MILLION = 1_000, 1_000_000

PICTURE = Markup(
    '<svg class="picture" viewBox="0 0 {width} {height}" role="img"'
    ' aria-labelledby="{id}-title {id}-desc">'
    '<title id="{id}-title">{title}</title><desc id="{id}-desc">{told}</desc>{parts}</svg>'
)
DAY = Markup("<g><title>{}</title>{}</g>")
BAR = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>')
LINE = Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>')
TEXT = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>')


def comings_picture(id_: str, days: Sequence[Day]) -> Markup:
    """Return bars of the people who joined and left on each day: upwards, and downwards.

    :param id_: an id that no other element of the page has.
    """
    joined, left = max(it.joined for it in days), max(it.left for it in days)
    unit = HIGHEST / max(joined + left, 1)
    axis = MARGIN + (joined * unit if joined or left else HIGHEST / 2)
    parts = [_axis(0, axis, WIDTH, axis)]
    width = WIDTH / len(days)
    for at, day in enumerate(days):
        parts.append(_day(day, at * width, width, axis, unit))
    parts += _dates(days, width)
    height = MARGIN + HIGHEST + MARGIN + DATES
    return _picture(id_, height, "People who joined and left, by day", told_comings(days), parts)


def told_comings(days: Sequence[Day]) -> str:
    """Return the sentence that says what the bars show."""
    joined, left = sum(it.joined for it in days), sum(it.left for it in days)
    text = f"{joined:,} joined and {left:,} left in {len(days)} days, up to today (UTC)."
    if joined:
        most = max(days, key=lambda it: it.joined)
        text += f" Most joined on {date_of(most.start)}: {most.joined:,}."
    if left:
        most = max(days, key=lambda it: it.left)
        text += f" Most left on {date_of(most.start)}: {most.left:,}."
    return text


def lag_picture(id_: str, seconds: float) -> Markup:
    """Return how far downstream lags behind, on a scale where each mark is many times the last."""
    start, end, at = _lag_at(0), _lag_at(SCALE[-1][1]), _lag_at(seconds)
    parts = [_axis(start, 12, end, 12)]
    for name, mark in SCALE:
        x = _lag_at(mark)
        parts += [_axis(x, 8, x, 16), _text(x, 32, name)]
    parts += [_bar("joined", start, 10, at - start, 4), _bar("joined", at - 2, 4, 4, 16)]
    return _picture(id_, 36, "Lag", told_lag(seconds), parts)


def told_lag(seconds: float) -> str:
    """Return the sentence that says what the scale shows."""
    if seconds <= SCALE[0][1]:
        return "No change waits."
    return f"The oldest change that is not applied has waited for {span(seconds)}."


def date_of(micros: int) -> str:
    """Return a day, in UTC."""
    day = datetime.fromtimestamp(micros / SECOND, UTC)
    return f"{day.day} {day:%b}"


def compact(number: int) -> str:
    """Return a number of people in four characters at most, rounded down."""
    if number < THOUSAND:
        return str(number)
    if number >= MILLION:
        return f"{number // MILLION}M"
    tenths = number * 10 // THOUSAND
    return f"{tenths / 10:.1f}k" if tenths < 100 else f"{number // THOUSAND}k"  # noqa: PLR2004


def _picture(id_: str, height: int, title: str, told: str, parts: Sequence[Markup]) -> Markup:
    drawn = Markup("").join(parts)
    return PICTURE.format(width=WIDTH, height=height, id=id_, title=title, told=told, parts=drawn)


def _day(day: Day, x: float, width: float, axis: float, unit: float) -> Markup:
    """Return the bars of a day with their numbers; the pointer shows both in a sentence."""
    middle = x + width / 2
    told = f"{date_of(day.start)}: {day.joined:,} joined, {day.left:,} left"
    start, wide = x + width * (1 - FILLED) / 2, width * FILLED
    parts = []
    if day.joined:
        high = max(day.joined * unit, LEAST)
        parts.append(_bar("joined", start, axis - high, wide, high))
        parts.append(_text(middle, axis - high - 3, compact(day.joined)))
    if day.left:
        high = max(day.left * unit, LEAST)
        parts.append(_bar("left", start, axis, wide, high))
        parts.append(_text(middle, axis + high + 10, compact(day.left)))
    return DAY.format(told, Markup("").join(parts))


def _dates(days: Sequence[Day], width: float) -> Iterator[Markup]:
    """Yield the dates of today, of each week before it, and of the first day."""
    last = len(days) - 1
    y = MARGIN + HIGHEST + MARGIN + DATES - 4
    for at in dict.fromkeys((last, *range(last - WEEK, WEEK // 2, -WEEK), 0)):
        name = "today" if at == last else date_of(days[at].start)
        yield _text((at + 0.5) * width, y, name)


def _bar(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    return BAR.format(kind, *map(_units, (x, y, width, height)))


def _axis(x1: float, y1: float, x2: float, y2: float) -> Markup:
    return LINE.format(*map(_units, (x1, y1, x2, y2)))


def _text(x: float, y: float, text: str) -> Markup:
    return TEXT.format(_units(x), _units(y), text)


def _units(number: float) -> str:
    return f"{number:.1f}"


def _lag_at(seconds: float) -> float:
    """Return where a lag stands on its scale; it never goes beyond the last mark."""
    least, most = SCALE[0][1], SCALE[-1][1]
    part = log10(min(max(seconds, least), most) / least) / log10(most / least)
    return EDGE + part * (WIDTH - 2 * EDGE)
