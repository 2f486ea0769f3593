"""Which files of the monitoring are checked in? This module returns each with its intended text.

``make dashboards`` writes them, and a test fails while a file differs from its intended text.
"""

from collections.abc import Mapping
from pathlib import Path

from deploy.monitoring import rules
from deploy.monitoring.dashboards.broker import broker
from deploy.monitoring.dashboards.downstream import downstream
from deploy.monitoring.dashboards.ingress import ingress
from deploy.monitoring.dashboards.overview import overview
from deploy.monitoring.dashboards.pipeline import pipeline
from deploy.monitoring.dashboards.processes import processes
from deploy.monitoring.grafana_pages import text_of
from deploy.monitoring.pace import Pace

DEPLOY = Path(__file__).parents[1]
RULES = DEPLOY / "prometheus/rules"
RULES_IN_CHART = DEPLOY / "helm/muster/rules"
DASHBOARDS = DEPLOY / "grafana/dashboards"
DASHBOARDS_IN_CHART = DEPLOY / "helm/muster/dashboards"
IN_CHART = RULES_IN_CHART, DASHBOARDS_IN_CHART
"""Copies, because a chart takes no file from outside its folder."""


def documents() -> Mapping[Path, str]:
    """Return the path and the text of every file."""
    life = Pace()
    pages = overview(), ingress(), pipeline(), downstream(), broker(), processes()
    dashboards = {f"{page.name}.json": text_of(page) for page in pages}
    texts = {
        "objectives.yml": rules.objectives_text(life),
        "alerts.yml": rules.alerts_text(life),
    }
    folders = {
        **dict.fromkeys((RULES, RULES_IN_CHART), texts),
        **dict.fromkeys((DASHBOARDS, DASHBOARDS_IN_CHART), dashboards),
    }
    return {
        folder / name: text for folder, files in folders.items() for name, text in files.items()
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
