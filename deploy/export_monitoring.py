"""What does an export do to a folder? It writes files, and touches none that it has not written.

A list in the folder holds the digest of each file as it was written. So an export after an upgrade
takes the place of an earlier one, and a file that another hand has written or changed is foreign.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from deploy.errors import DeployError

WRITTEN = ".muster-monitoring.json"
"""The list of the files that an export has written, with their digests."""


class Done(StrEnum):
    """The effect of an export on a file."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


class UnwritableFolder(DeployError):
    """The folder, or a file in it, cannot be read or written."""


class ForeignFiles(DeployError):
    """Files would be overwritten that no export has written, or that were changed since."""


def export_monitoring(folder: Path, texts: Mapping[str, str], *, force: bool) -> dict[str, Done]:
    """Write files into a folder, and remove those of an earlier export that are no longer brought.

    Nothing is written if a file is foreign.

    :param texts: the text of each file by its path in the folder.
    :param force: whether foreign files are overwritten; foreign files are never removed.
    """
    try:
        return _export(folder, texts, force=force)
    except OSError as error:
        raise UnwritableFolder(f"{folder} cannot be written: {error.strerror}") from error


def _export(folder: Path, texts: Mapping[str, str], *, force: bool) -> dict[str, Done]:
    folder.mkdir(parents=True, exist_ok=True)
    before = _written_before(folder)
    foreign = [
        path
        for path, text in texts.items()
        if _digest_in(folder, path) not in {None, before.get(path), _digest(text)}
    ]
    if foreign and not force:
        raise ForeignFiles(
            "these files were not written by an export, or were changed since:"
            f" {', '.join(foreign)} (--force overwrites them)"
        )
    done = {}
    for path in sorted(before.keys() - texts.keys()):
        if _digest_in(folder, path) == before[path]:
            (folder / path).unlink()
            done[path] = Done.REMOVED
    for path, text in texts.items():
        done[path] = Done.UNCHANGED
        if _digest_in(folder, path) != _digest(text):
            _write(folder / path, text)
            done[path] = Done.WRITTEN
    digests = {path: _digest(text) for path, text in texts.items()}
    _write(folder / WRITTEN, json.dumps(digests, indent=2) + "\n")
    return done


def _write(place: Path, text: str) -> None:
    """Write a file beside its place, and put it there as a whole.

    Prometheus and Grafana read the folder meanwhile. An export that was cut short would leave half
    a file, which no list knows, and which is foreign to the next export.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _written_before(folder: Path) -> dict[str, str]:
    """Return the list of an earlier export; a list that cannot be read makes every file foreign."""
    try:
        read = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(read, dict):
        return {}
    # A list that was tampered with leads to no file outside of the folder.
    return {path: digest for path, digest in read.items() if _is_inside(Path(path))}


def _is_inside(path: Path) -> bool:
    return not path.is_absolute() and ".." not in path.parts


def _digest_in(folder: Path, path: str) -> str | None:
    try:
        return sha256((folder / path).read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
