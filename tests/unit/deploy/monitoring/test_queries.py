"""Do the dashboards show figures? Prometheus answers from series of two installations.

The series have the names and labels of what the code exports.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring.documents import RULES
from deploy.processes.operator_endpoints import new_registry
from tests.conftest import SETTINGS
from tests.readings.dashboards import as_sent, queries_of_dashboards
from tests.readings.exported_metrics import all_metrics
from tests.readings.promql import selected
from tests.servers.promtool import promtool, run_promtool
from tests.servers.services import ServiceUnavailable

INSTALLATIONS = ("east", "west")
STATUSES = ("201", "404", "500")
GROWING = ("_total", "_count", "_bucket", "_sum")

Series = dict[str, str]


def exported() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the name and the labels of every series of one process."""
    for metric in [*all_metrics(), *new_registry().collect()]:
        for sample in metric.samples:
            if "status" in sample.labels:
                yield from ((sample.name, sample.labels | {"status": it}) for it in STATUSES)
            else:
                yield sample.name, sample.labels
    for name in {one.name for _, query in queries_of_dashboards() for one in selected(query)}:
        if name.startswith("rabbitmq_"):
            yield name, {"queue": "urgent"}


def recorded() -> Iterator[Series]:
    """Yield series of half an hour: counters count, and wider buckets count more."""
    for number, (name, labels) in enumerate(exported(), start=1):
        for installation in INSTALLATIONS:
            target = {"installation": installation, "job": "muster", "instance": "one:9464"}
            told = ", ".join(f'{key}="{value}"' for key, value in (target | labels).items())
            values = f"0+{number}x40" if name.endswith(GROWING) else "1+0x40"
            yield {"series": f"{name}{{{told}}}", "values": values}


def expectation(query: str, where: str) -> dict[str, Any]:
    """Return that a query yields a number for each installation."""
    return {
        "expr": f"group by (installation) (abs({as_sent(query, '5m')}) < Inf)",
        "eval_time": "1m" if where.endswith("Versions") else "30m",  # when the version began
        "exp_samples": [
            {"labels": f'{{installation="{name}"}}', "value": 1} for name in INSTALLATIONS
        ],
    }


def test_every_panel_shows_figures_of_each_installation(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    try:
        tool = promtool(pytestconfig.stash[SETTINGS], tmp_path)
    except ServiceUnavailable as reasons:
        pytest.skip(f"no promtool: {reasons}")
    asked = {query: where for where, query in queries_of_dashboards()}
    story = {
        "rule_files": [str(path) for path in sorted(RULES.iterdir())],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": list(recorded()),
                "promql_expr_test": [expectation(*it) for it in asked.items()],
            }
        ],
    }
    assert len(asked) > 80
    path = tmp_path / "story.yml"
    path.write_text(yaml.safe_dump(story))
    run_promtool(tool, "test", "rules", str(path))
