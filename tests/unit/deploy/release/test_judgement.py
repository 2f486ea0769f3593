"""Is each thing told that keeps a commit from being the release of its version?"""

from dataclasses import replace

import pytest

from deploy.release.judgement import Seen, disagreements

CHANGELOG = "## [Unreleased]\n\n## [1.4.0] - 2026-11-27\n\n- A thing.\n\n## [1.3.0] - 2026-01-01\n"

RELEASE = Seen(
    version="1.4.0",
    elsewhere={"wheel": "1.4.0", "image muster": "1.4.0"},
    missing=(),
    changelog=CHANGELOG,
    tags=("v1.4.0",),
    is_tagged_elsewhere=False,
    changes=(),
)


def test_a_release_has_no_disagreement_before_it_is_tagged_and_after() -> None:
    assert list(disagreements(RELEASE)) == []
    assert list(disagreements(replace(RELEASE, tags=()))) == []


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (replace(RELEASE, elsewhere={"wheel": "1.3.0"}), "wheel: 1.3.0, and pyproject.toml"),
        (replace(RELEASE, missing=("runbooks",)), "wheel: it does not carry runbooks"),
        (replace(RELEASE, changelog=CHANGELOG[17:].replace("1.4", "1.2")), "section is of 1.2.0"),
        (replace(RELEASE, changelog="## [Unreleased]\n"), "section is of no version"),
        (replace(RELEASE, changelog=CHANGELOG.replace("]\n", "]\n- A.\n", 1)), "belongs into"),
        (replace(RELEASE, tags=("v1.3.0",)), "tag v1.3.0"),
        (replace(RELEASE, tags=(), is_tagged_elsewhere=True), "1.4.0 is released already"),
        (replace(RELEASE, changes=("api/app.py",)), "api/app.py: it is not as the commit has it"),
    ],
)  # fmt: skip
def test_each_disagreement_is_a_line(seen: Seen, told: str) -> None:
    (line,) = disagreements(seen)
    assert told in line
