"""What does git know of the commit that is to be released? It tells files, tags and changes."""

import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path


class NoClone(Exception):
    """git is not installed, or knows of no commit there. The text says which."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A clone, with the commit that it has checked out."""

    folder: Path

    def unpack(self, into: Path) -> None:
        """Write the files of the commit into a folder."""
        with tarfile.open(fileobj=BytesIO(self._asked("archive", "--format=tar", "HEAD"))) as files:
            # Python before 3.11.4, as of Debian 12, knows no filter.
            files.extraction_filter = getattr(tarfile, "data_filter", None)
            files.extractall(into)  # noqa: S202 - git has made the archive, of files of its own

    def revision(self) -> str:
        """Return the name of the commit."""
        return self._lines("rev-parse", "HEAD")[0]

    def tags(self) -> list[str]:
        """Return the tags of versions that the commit has."""
        return self._lines("tag", "--points-at", "HEAD", "--list", "v[0-9]*")

    def has_tag(self, name: str) -> bool:
        """Return whether any commit has a tag."""
        return bool(self._lines("tag", "--list", name))

    def changes(self) -> list[str]:
        """Return the files that are not as the commit has them, new ones included."""
        return [line[3:] for line in self._lines("status", "--porcelain")]

    def _lines(self, *arguments: str) -> list[str]:
        return self._asked(*arguments).decode().splitlines()

    def _asked(self, *arguments: str) -> bytes:
        """Return what git answers.

        :raises NoClone: when there is no answer.
        """
        try:
            done = subprocess.run(  # noqa: S603
                ["git", *arguments],  # noqa: S607  # wherever it is installed
                cwd=self.folder,
                capture_output=True,
                check=True,
            )
        except FileNotFoundError:
            raise NoClone("git is not installed, which knows the commit") from None
        except subprocess.CalledProcessError as error:
            told = error.stderr.decode(errors="replace").strip()
            raise NoClone(f"git knows of no commit in {self.folder}: {told}") from None
        return done.stdout
