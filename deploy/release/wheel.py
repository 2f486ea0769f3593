"""What is in the wheel? It holds everything that runs, and the files that belong to it.

A wheel is built from a folder that holds the files of a commit and nothing else: setuptools would
also take up what an earlier build has left.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from deploy.release.commit import Repository

ROOT = Path(__file__).parents[2]

CARRIES = {
    "the migrations of the directory": "api/migrations/versions/v0001_*.py",
    "the migrations of downstream": "worker/migrations/versions/v0001_*.py",
    "the console": "api/console/templates/base.html",
    "the schemas of the event": "contracts/schemas/*.json",
    "rules": "deploy/prometheus/rules/alerts.yml",
    "dashboards": "deploy/grafana/dashboards/overview.json",
    "the chart": "deploy/helm/muster/Chart.yaml",
    "the templates of the chart": "deploy/helm/muster/templates/_pods.tpl",
    "the compose file": "deploy/compose.yaml",
    "runbooks": "*/share/muster/runbooks/*.md",
    "the licence": "*.dist-info/licenses/LICENSE",
}
"""Files that show that the wheel has a kind of files; tests hold it to all of them."""


class NotBuilt(Exception):
    """There is no wheel; the text is what the build has said."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that was built."""

    path: Path

    @property
    def names(self) -> list[str]:
        """Return the names of its files."""
        with ZipFile(self.path) as archive:
            return archive.namelist()

    @property
    def version(self) -> str:
        """Return the version that its metadata tell."""
        with ZipFile(self.path) as archive:
            (name,) = (it for it in archive.namelist() if it.endswith(".dist-info/METADATA"))
            return str(HeaderParser().parsestr(archive.read(name).decode())["Version"])


def build_wheel(source: Path, into: Path) -> Wheel:
    """Build the wheel of a folder, with the packages of this environment and without a network.

    :raises NotBuilt: when it cannot be built.
    """
    options = ("--wheel", "--offline", "--no-build-isolation", "--python", sys.executable)
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(  # noqa: S603  # installed with the tests
        [str(uv), "build", *options, "--out-dir", str(into), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotBuilt(done.stderr)
    (path,) = into.glob("*.whl")
    return Wheel(path)


def missing_from(names: Iterable[str]) -> Iterator[str]:
    """Yield which kinds of files a wheel with these files does not carry."""
    known = list(names)
    for kind, pattern in CARRIES.items():
        if not any(fnmatchcase(name, pattern) for name in known):
            yield kind


if __name__ == "__main__":
    with TemporaryDirectory(prefix="muster-wheel-") as folder:
        source, built = Path(folder) / "source", Path(folder) / "built"
        Repository(ROOT).unpack(source)
        made = build_wheel(source, built).path
        kept = ROOT / "dist" / made.name
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(made.read_bytes())
    print(kept.relative_to(ROOT))  # noqa: T201
