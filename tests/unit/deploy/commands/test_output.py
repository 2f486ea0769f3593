"""Can people copy what a table shows, however narrow their terminal is?"""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from deploy.commands.output import Row, print_rows

URL = "https://scim.example.com/scim/v2/acme-dashboard"
ROWS = [{"connection": "acme-dashboard", "base_url": URL}, {"connection": "b", "base_url": "-"}]


def _printed_rows(rows: Sequence[Row], *, colours: bool = False) -> str:
    file = io.StringIO()
    console = Console(
        file=file,
        width=200,
        force_terminal=colours,
        no_color=not colours,
        color_system="standard",
    )
    print_rows(console, rows, ("connection", "state"))
    return file.getvalue()


def test_an_empty_list_says_so() -> None:
    assert _printed_rows([]) == "none\n"


@pytest.mark.parametrize(("colours", "marks"), [(True, 1), (False, 0)])
def test_what_asks_for_attention_has_a_colour_at_a_terminal(colours: bool, marks: int) -> None:
    rows = [{"connection": "a", "state": "failed"}, {"connection": "b", "state": "applied"}]
    assert _printed_rows(rows, colours=colours).count("\x1b[31mfailed") == marks


def test_a_long_table_is_printed_without_borders() -> None:
    rows = [{"connection": f"acme-{n}", "state": "大文字" if n % 2 else None} for n in range(3000)]
    head, first, second, *others = _printed_rows(rows).splitlines()
    assert (head, first, second) == ("connection  state", "acme-0      -", "acme-1      大文字")
    assert len(others) == 2998


def _printed(*, width: int, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, no_color=True)
    print_rows(console, ROWS, ("connection", "base_url"))
    return file.getvalue()


def test_a_table_that_fits_has_a_line_for_each_row() -> None:
    (line,) = [line for line in _printed(width=120, terminal=True).splitlines() if URL in line]
    assert "acme-dashboard" in line.replace(URL, "")


def test_a_table_that_does_not_fit_becomes_paragraphs_in_which_nothing_is_broken() -> None:
    assert _printed(width=30, terminal=True).splitlines() == [
        "connection  acme-dashboard",
        f"base url    {URL}",
        "",
        "connection  b",
        "base url    -",
        "",
    ]


@pytest.mark.parametrize("width", [10, 80])
def test_a_piped_table_is_as_wide_as_it_has_to_be(width: int) -> None:
    (line,) = [line for line in _printed(width=width, terminal=False).splitlines() if URL in line]
    assert line.startswith("│ acme-dashboard")
