"""Can Muster work with a SQLite file? Its rights, its disk and its readers are judged. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from api.admin.examination import Finding
from deploy.doctor.findings import problem, warning

LITTLE_SPACE = 512 * 1024 * 1024
"""Bytes below which a directory of some 100,000 people may not fit any more."""

NO_SPACE = 64 * 1024 * 1024
"""Bytes that SQLite may need beside the file at any time: for its log, and for a large group."""


@dataclass(frozen=True, slots=True)
class FileSeen:
    """The rights and the space of a SQLite file, as the system tells them.

    ``others_read`` and ``others_write``: whether other users of the machine reach the file and may
    do so. ``free`` is the number of free bytes on its disk.
    """

    path: str
    is_file: bool
    is_readable: bool
    is_writable: bool
    folder_is_writable: bool
    others_read: bool
    others_write: bool
    free: int


def file_verdicts(about: str, variable: str, seen: FileSeen) -> Iterator[Finding]:
    """Yield what is wrong with a file that is there."""
    if not seen.is_file:
        yield problem(
            about,
            "no-file",
            f"{variable} names {seen.path}, which is no file.",
            f"set {variable} to the path of a file",
        )
        return
    if not (seen.is_readable and seen.is_writable and seen.folder_is_writable):
        place = seen.path if not (seen.is_readable and seen.is_writable) else "its folder"
        yield problem(
            about,
            "no-rights",
            f"This user may not write to {place}: SQLite needs the file {seen.path} and its"
            " folder, for the files beside it.",
            "let the user that runs Muster own both",
        )
    if seen.others_write or seen.others_read:
        verb = "change" if seen.others_write else "read"
        tell = problem if seen.others_write else warning
        yield tell(
            about,
            "open-to-others",
            f"Every user of this machine can {verb} {seen.path}, which holds names and addresses.",
            f"chmod o= {seen.path}",
        )
    if seen.free < LITTLE_SPACE:
        tell = problem if seen.free < NO_SPACE else warning
        yield tell(
            about,
            "disk-full",
            f"The disk of {seen.path} has {seen.free // 1024**2} MiB left.",
            "free some space: a full disk stops every write",
        )
