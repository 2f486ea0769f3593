"""Which aims does a run name as missed? Those that its parts have missed or not measured."""

from collections import Counter
from math import inf

import pytest

from tests.benchmarks.aim import Aim, Part, Unit
from tests.benchmarks.aims import AIMS
from tests.benchmarks.report import AIM, Report, Table

SHARE = Aim(Part.RELAY, "publish", 0.5, Unit.SHARE)
SECONDS = Aim(Part.LEAVERS, "leave", 0.2, Unit.SECONDS)


@pytest.mark.parametrize(
    ("aim", "measured", "missed"),
    [
        (SHARE, 0.5, []),
        (SHARE, 0.42, ["publish: 42%, aim 50%"]),
        (SECONDS, 0.2, []),
        (SECONDS, 0.31, ["leave: 0.31 s, aim 0.20 s"]),
    ],
)
def test_a_share_is_reached_from_below_and_a_time_from_above(
    aim: Aim, measured: float, missed: list[str]
) -> None:
    report = Report([aim])
    report.hold(aim.work, measured)
    assert report.missed([aim.part]) == missed


def test_what_was_not_measured_is_missed_if_its_part_was_to_be() -> None:
    report = Report([SHARE, SECONDS])
    assert report.missed([Part.RELAY]) == ["publish: not measured, aim 50%"]


def test_a_figure_that_is_void_reaches_no_aim() -> None:
    report = Report([SECONDS])
    report.hold("leave", inf)
    assert report.missed([Part.LEAVERS]) == ["leave: void, aim 0.20 s"]


def test_a_figure_without_an_aim_has_no_cell_for_it() -> None:
    report = Report([SHARE])
    assert report.hold("publish", 0.1) == {AIM: "50%"}
    assert report.hold("something else", 0.1) == {}


def test_a_table_is_markdown_and_what_is_not_measured_stays_empty() -> None:
    table = Table("work", ["floor", "ours"])
    table.add("create", {"ours": "7"})
    assert str(table).splitlines() == [
        "| work | floor | ours |",
        "| --- | ---: | ---: |",
        "| create |  | 7 |",
    ]


def test_no_two_aims_are_for_the_same_work() -> None:
    assert [work for work, times in Counter(aim.work for aim in AIMS).items() if times > 1] == []
