"""Can people copy what a table shows, however narrow their terminal is?"""

import io

import pytest
from rich.console import Console

from deploy.commands.output import print_rows

URL = "https://scim.example.com/scim/v2/acme-dashboard"
ROWS = [{"connection": "acme-dashboard", "base_url": URL}, {"connection": "b", "base_url": "-"}]


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
