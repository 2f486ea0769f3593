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
"""A copy of the rules, because a chart takes no file from outside its folder."""
DASHBOARDS = DEPLOY / "grafana/dashboards"


def documents() -> Mapping[Path, str]:
    """Return the path and the text of every file."""
    life = Pace()
    dashboards = overview(), ingress(), pipeline(), downstream(), broker(), processes()
    texts = {
        "objectives.yml": rules.objectives_text(life),
        "alerts.yml": rules.alerts_text(life),
    }
    return {
        **{DASHBOARDS / f"{board.name}.json": text_of(board) for board in dashboards},
        **{folder / name: texts[name] for folder in (RULES, RULES_IN_CHART) for name in texts},
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
