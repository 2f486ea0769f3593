"""What of the monitoring is checked in as files? Each of them, with the text it should have.

``make dashboards`` runs this; a test fails while a file is not what the code says.
"""

from collections.abc import Mapping
from pathlib import Path

from deploy.monitoring import rules
from deploy.monitoring.dashboards.broker import broker
from deploy.monitoring.dashboards.downstream import downstream
from deploy.monitoring.dashboards.ingress import ingress
from deploy.monitoring.dashboards.overview import overview
from deploy.monitoring.dashboards.pipeline import pipeline
from deploy.monitoring.pace import Pace

DEPLOY = Path(__file__).parents[1]
RULES = DEPLOY / "prometheus/rules"
DASHBOARDS = DEPLOY / "grafana/dashboards"


def documents() -> Mapping[Path, str]:
    """Return every file: where it lies, and its text."""
    life = Pace()
    dashboards = overview(), ingress(), pipeline(), downstream(), broker()
    return {
        **{DASHBOARDS / f"{board.name}.json": board.text() for board in dashboards},
        RULES / "objectives.yml": rules.objectives_text(life),
        RULES / "alerts.yml": rules.alerts_text(life),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
