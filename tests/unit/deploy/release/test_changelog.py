"""Does a release turn what was unreleased into a section, once?"""

import pytest

from deploy.release.changelog import Unreleasable, unreleased, versions, with_section

BEFORE = """\
# Changelog

## [Unreleased]

### Added

- A thing.

## [1.9.0] - 2026-01-01

- Another thing.
"""


def test_what_was_unreleased_becomes_the_section_of_the_version() -> None:
    after = with_section(BEFORE, "1.10.0", "2026-11-27")
    assert versions(after) == ["1.10.0", "1.9.0"]
    assert unreleased(BEFORE) == "### Added\n\n- A thing."
    assert unreleased(after) == ""
    assert "## [1.10.0] - 2026-11-27\n\n### Added\n\n- A thing.\n\n## [1.9.0]" in after


@pytest.mark.parametrize("version", ["1.9.0", "1.8.7"])
def test_no_version_is_begun_that_is_not_newer(version: str) -> None:
    with pytest.raises(Unreleasable, match=r"section of 1\.9\.0"):
        with_section(BEFORE, version, "2026-11-27")


def test_no_version_is_begun_of_which_there_is_nothing_to_tell() -> None:
    with pytest.raises(Unreleasable, match="nothing"):
        with_section(with_section(BEFORE, "1.10.0", "2026-11-27"), "1.11.0", "2026-11-28")
