"""Which rules and dashboards does Muster bring? It brings files with one's own links and labels.

``deploy/monitoring`` writes the files for the distribution. Links and labels are put in by text, as
the chart does, because neither YAML nor Grafana's library is installed with Muster. A test holds
both to what the writer would have written.
"""

import json
import re
from collections.abc import Mapping
from importlib.resources import files

from deploy.errors import DeployError

FOLDERS = {"rules": "prometheus/rules", "dashboards": "grafana/dashboards"}
"""The folders of an export, with those of the distribution."""

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
OURS = {
    "alertname",
    "database",
    "installation",
    "instance",
    "job",
    "kind",
    "lane",
    "part",
    "reason",
    "severity",
    "share",
    "window",
}
"""The labels by which alerts differ. The same value on all of them would make one alert of several,
which Prometheus refuses to evaluate, and would tell the wrong thing about the others."""

TEMPLATE = "{{"
"""The beginning of a template in a label. Prometheus does not start with one that it cannot read,
and alerts whose labels change over time would be new ones each time."""

URL = re.compile(r"https?://[^\s\"'#{}]*[^\s\"'#{}/]")

EXPORTED = "# Written by `muster monitoring export`, as it is again after an upgrade.\n"
"""The first line of an exported rule file, in the place of that which tells how Muster makes it."""


class UnusableLink(DeployError):
    """A URL cannot stand in a rule."""


class UnusableLabel(DeployError):
    """An alert cannot have a label of this name, or with this value."""


def monitoring_files(
    runbooks: str | None = None, grafana: str | None = None, labels: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the text of every file, by its path in an export.

    :param runbooks: the URL below which the pages of ``docs/runbooks`` are.
    :param grafana: the URL of Grafana.
    :param labels: are on every alert.
    """
    runbooks, grafana = _link("--runbooks", runbooks), _link("--grafana", grafana)
    for name, value in (labels or {}).items():
        if TEMPLATE in value or not value.isprintable():
            raise UnusableLabel(
                f"no alert can be given such a label {name!r}: its value is one line of printable"
                f" characters without {TEMPLATE}, which Prometheus would take for a template"
            )
        if name in OURS or not LABEL.fullmatch(name):
            raise UnusableLabel(
                f"no alert can be given a label {name!r}: a name has letters, digits and _, and"
                f" these labels tell alerts apart: {', '.join(sorted(OURS))}"
            )
    texts = {
        f"{folder}/{file.name}": file.read_text(encoding="utf-8")
        for folder, inside in FOLDERS.items()
        for file in files("deploy").joinpath(inside).iterdir()
        if file.name.endswith((".yml", ".json"))
    }
    changed = {
        path: _with(text, runbooks, grafana, labels or {})
        for path, text in texts.items()
        if path.startswith("rules/")
    }
    return dict(sorted((texts | changed).items()))


def _link(option: str, url: str | None) -> str | None:
    """Return a URL to which a path can be added."""
    plain = url.rstrip("/") if url is not None else None
    if plain is not None and not URL.fullmatch(plain):
        raise UnusableLink(f"{option} takes an http or https URL, which has no # and no quotes")
    return plain


def _with(rules: str, runbooks: str | None, grafana: str | None, labels: Mapping[str, str]) -> str:
    rules = EXPORTED + rules.partition("\n")[2]
    if runbooks is not None:
        rules = rules.replace("runbook_url: docs/runbooks/", f"runbook_url: {runbooks}/")
    if grafana is not None:
        rules = rules.replace("dashboard_url: /d/", f"dashboard_url: {grafana}/d/")
    # Characters beyond 16 bits stay as they are: JSON's escapes for them are none of YAML's.
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in labels.items()}
    lines = "".join(f"      {name}: {value}\n" for name, value in quoted.items())
    return rules.replace("\n    labels:\n", f"\n    labels:\n{lines}")
