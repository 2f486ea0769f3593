"""Do tag, version, changelog, wheel, chart and image agree? ``make release-check`` tells.

The files are those of the commit, unpacked elsewhere: a wheel is built of committed files.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.release import changelog
from deploy.release.commit import NoClone, Repository
from deploy.release.image import REVISION, VERSION, NoImage, labels_of
from deploy.release.judgement import Seen, disagreements, tag_of
from deploy.release.places import FOLLOWING, PROJECT, NoVersion
from deploy.release.wheel import NotBuilt, build_wheel, missing_from

ROOT = Path(__file__).parents[2]


def examine(repository: Repository, into: Path, image: str | None = None) -> Seen:
    """Look at everything that bears a version. The wheel is built into a folder.

    :raises NoVersion, NoClone, NotBuilt, NoImage: when a thing cannot be looked at.
    """
    with TemporaryDirectory(prefix="muster-release-") as folder:
        source = Path(folder)
        repository.unpack(source)
        version = PROJECT.version_in((source / PROJECT.path).read_text())
        elsewhere = {
            place.name: place.version_in((source / place.path).read_text()) for place in FOLLOWING
        }
        wheel = build_wheel(source, into)
        elsewhere["wheel"] = wheel.version
        if image:
            labels = labels_of(image)
            elsewhere[f"image {image}"] = labels.get(VERSION, "no version")
            if labels.get(REVISION) not in {"", repository.revision()}:
                elsewhere[f"image {image}"] += f" of the commit {labels.get(REVISION)}"
        tags = repository.tags()
        return Seen(
            version,
            elsewhere,
            list(missing_from(wheel.names)),
            (source / changelog.PATH).read_text(),
            tags,
            tag_of(version) not in tags and repository.has_tag(tag_of(version)),
            repository.changes(),
        )


def main(arguments: Sequence[str]) -> int:
    """Print what disagrees, or what agrees; return the exit status."""
    parser = argparse.ArgumentParser(prog="make release-check", description="Do versions agree?")
    parser.add_argument("--image", help="an image to be looked at, too")
    image = parser.parse_args(arguments).image
    with TemporaryDirectory(prefix="muster-wheel-") as folder:
        try:
            seen = examine(Repository(ROOT), Path(folder), image)
        except (NoVersion, NoClone, NotBuilt, NoImage) as error:
            print(f"muster: {error}", file=sys.stderr)  # noqa: T201
            return 1
    found = list(disagreements(seen))
    for line in found:
        print(line, file=sys.stderr)  # noqa: T201
    if found:
        return 1
    agreeing = ", ".join(("pyproject.toml", *seen.elsewhere, changelog.PATH, *seen.tags))
    print(f"{seen.version}: {agreeing} agree.")  # noqa: T201
    if not seen.tags:
        print(f"No tag yet: git tag --annotate {tag_of(seen.version)}")  # noqa: T201
    if not image:
        print('No image was looked at: ARGS="--image NAME" does.')  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
