"""Which versions does the changelog tell of? Each has a section with its number and its day."""

import re

PATH = "CHANGELOG.md"

UNRELEASED = "## [Unreleased]\n"
"""The heading of the changes of the next version."""

SECTION = re.compile(r"(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$")


class Unreleasable(Exception):
    """The changelog cannot get a section of this version."""


def versions(text: str) -> list[str]:
    """Return the versions with a section, in the order of the page: the newest first."""
    return SECTION.findall(text)


def unreleased(text: str) -> str:
    """Return what stands below the heading of the next version."""
    _, _, rest = text.partition(UNRELEASED)
    return re.split(r"(?m)^## ", rest, maxsplit=1)[0].strip()


def with_section(text: str, version: str, day: str) -> str:
    """Return the changelog in which all that was unreleased is the section of a version.

    :param day: the day of the release, as 2026-11-27.
    :raises Unreleasable: when the version is not newer than those with a section, or there is
        nothing to tell of it.
    """
    for other in versions(text):
        if _order(version) <= _order(other):
            raise Unreleasable(f"{PATH} has a section of {other} already")
    if not unreleased(text):
        raise Unreleasable(f"{PATH} tells of nothing that is unreleased")
    return text.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day}\n", 1)


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
