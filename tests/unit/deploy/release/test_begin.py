"""Which number begins a version? Three plain numbers, no earlier than those of the project."""

from pathlib import Path
from shutil import copyfile

import pytest

from deploy.release import changelog
from deploy.release.begin import begin
from deploy.release.places import FOLLOWING, PROJECT, NoVersion

ROOT = Path(__file__).parents[4]
PLACES = (PROJECT, *FOLLOWING)
DAY = "2026-11-27"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project of version 1.4.0, in the files in which this one has its version."""
    for path in {it.path for it in PLACES}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        copyfile(ROOT / path, tmp_path / path)
    (tmp_path / changelog.PATH).write_text("# Changelog\n\n## [Unreleased]\n\n- A thing.\n")
    for place in PLACES:
        file = tmp_path / place.path
        file.write_text(place.with_version(file.read_text(), "1.4.0"))
    return tmp_path


@pytest.mark.parametrize("version", ["1.4.0", "1.4.1", "1.10.0", "2.0.0"])
def test_a_version_that_is_no_earlier_is_written_everywhere(project: Path, version: str) -> None:
    begin(project, version, DAY)
    assert {it.version_in((project / it.path).read_text()) for it in PLACES} == {version}
    assert f"## [{version}] - {DAY}" in (project / changelog.PATH).read_text()


@pytest.mark.parametrize(
    "version",
    ["1.3.9", "0.9.0", "1.5", "v1.5.0", "1.5.0rc1", "1.5.0\n", "01.5.0", "1.05.0", "\u0661.5.0"],
)
def test_any_other_number_is_refused_and_nothing_is_written(project: Path, version: str) -> None:
    with pytest.raises(NoVersion):
        begin(project, version, DAY)
    assert {it.version_in((project / it.path).read_text()) for it in PLACES} == {"1.4.0"}
    assert "[Unreleased]\n\n- A thing" in (project / changelog.PATH).read_text()
