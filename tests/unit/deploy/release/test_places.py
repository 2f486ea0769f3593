"""Is the number of pyproject.toml everywhere, and found where it is?"""

from pathlib import Path

import pytest

from deploy.release.places import FOLLOWING, PROJECT, NoVersion

ROOT = Path(__file__).parents[4]


def test_every_place_has_the_version_of_the_project() -> None:
    version = PROJECT.version_in((ROOT / PROJECT.path).read_text())
    found = {place.name: place.version_in((ROOT / place.path).read_text()) for place in FOLLOWING}
    assert found == dict.fromkeys(found, version)


def test_a_written_version_is_read_again_and_no_other_line_changes() -> None:
    for place in (PROJECT, *FOLLOWING):
        text = (ROOT / place.path).read_text()
        written = place.with_version(text, "12.34.5")
        assert place.version_in(written) == "12.34.5"
        lines = zip(text.splitlines(), written.splitlines(), strict=True)
        assert sum(before != after for before, after in lines) == 1


@pytest.mark.parametrize("line", ["", 'version = "1.0rc1"', 'version = "1.0.0"\nversion = "1.0.0"'])
def test_a_place_without_exactly_one_version_is_an_error(line: str) -> None:
    with pytest.raises(NoVersion, match=r"pyproject\.toml"):
        PROJECT.version_in(f"[project]\n{line}\n")
