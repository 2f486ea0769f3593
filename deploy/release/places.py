"""Where is the version written? It is in pyproject.toml, and in the files of this table.

A number has three parts (``1.4.0``). Python and Helm spell a candidate of a version differently, so
that no such number could be the same everywhere.
"""

import re
from dataclasses import dataclass

NUMBER = "(?:0|[1-9][0-9]*)"
"""A number of a version. Helm refuses one with a zero before it, and Python would take the zero
away; digits of other scripts are none to either."""

VERSION = rf"{NUMBER}\.{NUMBER}\.{NUMBER}"


class NoVersion(Exception):
    """A file does not have its version where it is looked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line with the version."""

    name: str
    path: str
    before: str
    """A regular expression of the beginning of the line."""
    quoted: bool = True

    @property
    def _line(self) -> re.Pattern[str]:
        quote = '"' if self.quoted else ""
        return re.compile(rf"(?m)^({self.before}{quote})({VERSION})({quote})$")

    def version_in(self, text: str) -> str:
        """Return the version that a text of the file has here.

        :raises NoVersion: when there is no such line, or more than one.
        """
        lines = self._line.findall(text)
        if len(lines) != 1:
            raise NoVersion(f"{self.name}: {len(lines)} lines have a version of three numbers")
        version: str = lines[0][1]
        return version

    def with_version(self, text: str, version: str) -> str:
        """Return the text of the file with another version here."""
        self.version_in(text)
        return self._line.sub(rf"\g<1>{version}\g<3>", text)


PROJECT = Place("pyproject.toml", "pyproject.toml", "version = ")
"""The place that decides. A clone without tags has it, too."""

CHART = "deploy/helm/muster/Chart.yaml"
CHART_PAGE = "deploy/helm/muster/README.md"

FOLLOWING = (
    Place("version of the chart", CHART, "version: ", quoted=False),
    Place("appVersion of the chart", CHART, "appVersion: "),
    Place("VERSION of the Dockerfile", "deploy/Dockerfile", "ARG VERSION=", quoted=False),
    Place("image built for kind", CHART_PAGE, r"docker build \. .* --tag muster:", quoted=False),
    Place("image loaded into kind", CHART_PAGE, "kind load docker-image muster:", quoted=False),
)
"""Helm and Docker read no pyproject.toml: their files, and typed commands, repeat its number."""
