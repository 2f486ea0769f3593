"""Is a commit the release of its version? A list tells everything that disagrees with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from deploy.release import changelog


@dataclass(frozen=True, slots=True)
class Seen:
    """The observations of a version."""

    version: str
    """That of pyproject.toml."""
    elsewhere: Mapping[str, str]
    """The version that each other place, the wheel and the image have."""
    missing: Sequence[str]
    """The kinds of files that the wheel has to carry, and does not."""
    changelog: str
    tags: Sequence[str]
    """The tags of versions that this commit has."""
    is_tagged_elsewhere: bool
    """Whether another commit has the tag of this version."""
    changes: Sequence[str]
    """Files of the working tree that are not as the commit has them."""


def tag_of(version: str) -> str:
    """Return the tag of a version."""
    return f"v{version}"


def disagreements(seen: Seen) -> Iterator[str]:
    """Yield a line for each thing that keeps the commit from being the release of its version."""
    version = seen.version
    for name, found in seen.elsewhere.items():
        if found != version:
            yield f"{name}: {found}, and pyproject.toml has {version}"
    for name in seen.missing:
        yield f"wheel: it does not carry {name}"
    yield from _of_changelog(version, seen.changelog)
    for tag in seen.tags:
        if tag != tag_of(version):
            yield f"tag {tag}: it belongs to another version than {version}"
    if seen.is_tagged_elsewhere:
        yield f"tag {tag_of(version)}: another commit has it, so that {version} is released already"
    for path in seen.changes:
        yield f"{path}: it is not as the commit has it, and only commits are released"


def _of_changelog(version: str, text: str) -> Iterator[str]:
    newest = next(iter(changelog.versions(text)), None)
    if newest != version:
        yield f"{changelog.PATH}: the newest section is of {newest or 'no version'}"
    elif changelog.unreleased(text):
        yield f"{changelog.PATH}: something is unreleased, and belongs into a section"
