"""What does an alert tell? It tells a summary, its meaning, its runbook and its dashboard.

The meaning is the first paragraph of the runbook, so that the two never disagree.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from deploy.monitoring.alerts import Alert
from deploy.monitoring.installations import INSTALLATION

RUNBOOKS = Path(__file__).parents[2] / "docs/runbooks"

WHOSE = f"{{{{ with $labels.{INSTALLATION} }}}}{{{{ . }}}}: {{{{ end }}}}"
"""The name of the installation, in templates of Prometheus; nothing where it has none."""

DASHBOARDS = {
    "MusterActionsRefused": "downstream",
    "MusterAnswersBudget": "ingress",
    "MusterBrokerBlocked": "broker",
    "MusterBrokerUnreachable": "broker",
    "MusterConnectionsCrowded": "ingress",
    "MusterConsumingPaused": "downstream",
    "MusterDatabaseUnreachable": "processes",
    "MusterDeadLetters": "pipeline",
    "MusterDriftFound": "pipeline",
    "MusterEventLoopHeld": "processes",
    "MusterEventsFailed": "downstream",
    "MusterEventsLockedOut": "downstream",
    "MusterEventsUnpublishable": "pipeline",
    "MusterLastAdminKeepsAccess": "downstream",
    "MusterLeaversBudget": "pipeline",
    "MusterLeaversNotTaken": "pipeline",
    "MusterLeaversUnknown": "pipeline",
    "MusterLeavingsHeld": "pipeline",
    "MusterOldestMark": "pipeline",
    "MusterPartMissing": "processes",
    "MusterSharesUsedUp": "ingress",
    "MusterTokenExpires": "ingress",
}
"""The dashboard to look at first, by the name of the alert."""


@dataclass(frozen=True, slots=True)
class Links:
    """The URLs below which runbooks and dashboards are.

    The defaults invent no host: runbooks are named by their path in the repository, dashboards by
    that in Grafana, which is a link to a reader of alerts in Grafana itself. Rules with other links
    differ from these in nothing else (``deploy/monitoring_files.py``).
    """

    runbooks: str = "docs/runbooks"
    grafana: str = ""


REPOSITORY = Links()


def annotations(alert: Alert, links: Links) -> dict[str, str]:
    """Return the annotations of an alert."""
    chosen = f"var-{INSTALLATION}={{{{$labels.{INSTALLATION}|urlquery}}}}"
    return {
        "summary": WHOSE + alert.summary,
        "description": meaning(alert),
        # Neither has a blank, at which YAML might fold it: other links are put in by text.
        "runbook_url": f"{links.runbooks}/{alert.name}.md",
        "dashboard_url": f"{links.grafana}/d/muster-{DASHBOARDS[alert.name]}?{chosen}",
    }


def meaning(alert: Alert) -> str:
    """Return the first paragraph of an alert's runbook, without marks and words before a table."""
    page = (RUNBOOKS / f"{alert.name}.md").read_text(encoding="utf-8")
    paragraph = page.partition("## What it means\n\n")[2].partition("\n\n")[0]
    plain = re.sub(r"\*\*|`|\[([^]]*)\]\([^)]*\)", lambda mark: mark[1] or "", paragraph)
    return re.sub(r" [^.]*:$", "", plain)
