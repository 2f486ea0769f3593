"""How is a version begun? ``make release`` writes its number everywhere, and commits nothing."""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.release import changelog
from deploy.release.changelog import Unreleasable
from deploy.release.judgement import tag_of
from deploy.release.places import FOLLOWING, PROJECT, VERSION, NoVersion

ROOT = Path(__file__).parents[2]


def begin(root: Path, version: str, day: str) -> None:
    """Write a version into every place, and its section into the changelog.

    Nothing is written if anything cannot be.

    :raises NoVersion: when a place is not found, or the version has not three numbers, or is an
        earlier one.
    :raises Unreleasable: when the changelog cannot have such a section.
    """
    if not re.fullmatch(VERSION, version):
        raise NoVersion(f"a version is three numbers, as 1.4.0, and not {version}")
    before = PROJECT.version_in((root / PROJECT.path).read_text())
    if _numbers(version) < _numbers(before):
        raise NoVersion(f"{version} is earlier than {before}, which {PROJECT.path} has")
    texts: dict[Path, str] = {}
    for place in (PROJECT, *FOLLOWING):
        path = root / place.path
        texts[path] = place.with_version(texts.get(path) or path.read_text(), version)
    path = root / changelog.PATH
    texts[path] = changelog.with_section(path.read_text(), version, day)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def main(arguments: Sequence[str]) -> int:
    """Begin a version; return the exit status."""
    parser = argparse.ArgumentParser(prog="make release", description="Begin a version.")
    parser.add_argument("version", help="three numbers, as 1.4.0")
    version = parser.parse_args(arguments).version
    try:
        begin(ROOT, version, datetime.now(UTC).date().isoformat())
    except (NoVersion, Unreleasable) as error:
        print(f"muster: {error}", file=sys.stderr)  # noqa: T201
        return 1
    tag = f"git tag --annotate {tag_of(version)}"
    print(f"Everything has {version}. Commit it, make release-check, then: {tag}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
