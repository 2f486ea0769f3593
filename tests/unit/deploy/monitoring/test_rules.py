"""Does Prometheus take the rules, do they fire when they should, and does a page explain each?"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
import yaml

from deploy.monitoring.alerts import Alert, alerts
from deploy.monitoring.annotations import DASHBOARDS as ON_DASHBOARDS
from deploy.monitoring.annotations import REPOSITORY, RUNBOOKS, Links, annotations
from deploy.monitoring.documents import DASHBOARDS, RULES
from deploy.monitoring.pace import DAY, HOUR, Pace
from deploy.monitoring_files import monitoring_files
from tests.conftest import SETTINGS
from tests.readings.promql import selected
from tests.servers.promtool import ROOT, promtool, run_promtool
from tests.servers.services import ServiceUnavailable

CASES = Path(__file__).with_name("alert_cases.yml")
ALERTS = {alert.name: alert for alert in alerts(Pace())}
NAMED_IN = re.compile(r"/d/muster-([a-z]+)\?")
HEADINGS = ["## What it means", "## How to look", "## What to do"]


def called(alert: Alert) -> str:
    """Return what tells an alert from the others."""
    return "-".join([alert.name, alert.severity, *alert.labels.values()])


@pytest.fixture(scope="module")
def tool(pytestconfig: pytest.Config) -> Sequence[str]:
    """Give promtool, or skip the test."""
    try:
        return promtool(pytestconfig.stash[SETTINGS])
    except ServiceUnavailable as reasons:
        pytest.skip(f"no promtool: {reasons}")


def test_prometheus_takes_the_rules(tool: Sequence[str]) -> None:
    files = sorted(str(path.relative_to(ROOT)) for path in RULES.iterdir())
    assert len(files) == 2
    run_promtool(tool, "check", "rules", "--lint-fatal", *files)


@pytest.mark.usefixtures("tool")
def test_prometheus_takes_the_rules_with_labels_of_ones_own(
    pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    texts = monitoring_files(labels={"team": '\U0001f600 \u00fc "quoted" \\ - a: b # $1 {a} \''})
    exported = tmp_path / "alerts.yml"
    exported.write_text(texts["rules/alerts.yml"], encoding="utf-8")
    beside = promtool(pytestconfig.stash[SETTINGS], tmp_path)
    run_promtool(beside, "check", "rules", str(exported))


def test_prometheus_takes_its_configuration(tool: Sequence[str]) -> None:
    run_promtool(tool, "check", "config", "deploy/prometheus/prometheus.yml")


def test_alerts_fire_when_they_should(tool: Sequence[str]) -> None:
    run_promtool(tool, "test", "rules", str(CASES.relative_to(ROOT)))


@cache
def told_alerts() -> Sequence[Mapping[str, str]]:
    """Return the labels of the alerts of which the stories tell."""
    return [
        dict(series.values)
        for story in yaml.safe_load(CASES.read_text())["tests"]
        for check in story["promql_expr_test"]
        for sample in check["exp_samples"]
        for series in selected(sample["labels"])
    ]


@pytest.mark.parametrize("alert", alerts(Pace()), ids=called)
def test_a_story_tells_of_each_alert(alert: Alert) -> None:
    labels = {"alertname": alert.name, "severity": alert.severity, **alert.labels}
    assert any(labels.items() <= firing.items() for firing in told_alerts())


@pytest.mark.parametrize("alert", ALERTS.values(), ids=lambda alert: alert.name)
def test_a_page_explains_each_alert(alert: Alert) -> None:
    told = annotations(alert, REPOSITORY)
    lines = (ROOT / told["runbook_url"]).read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {alert.name}"
    assert [line for line in lines if line.startswith("## ")] == HEADINGS
    assert told["description"].endswith(".")
    assert told["description"].split()[:3] == lines[4].replace("`", "").split()[:3]
    assert (DASHBOARDS / f"{NAMED_IN.findall(told['dashboard_url'])[0]}.json").exists()


def test_links_are_below_the_urls_of_ones_own() -> None:
    links = Links("https://wiki.example.com/muster", "https://grafana.example.com")
    told = annotations(ALERTS["MusterOldestMark"], links)
    assert told["runbook_url"] == "https://wiki.example.com/muster/MusterOldestMark.md"
    assert told["dashboard_url"].startswith("https://grafana.example.com/d/muster-pipeline?")


def test_no_page_is_left_of_an_alert_that_is_gone() -> None:
    pages = {page.stem for page in RUNBOOKS.glob("Muster*.md")}
    assert pages == ALERTS.keys() == ON_DASHBOARDS.keys()


def test_alerts_of_one_name_can_be_told_apart() -> None:
    names = [called(alert) for alert in alerts(Pace())]
    assert len(set(names)) == len(names)
    assert {it.severity for it in alerts(Pace())} == {"page", "ticket"}


@pytest.mark.parametrize(
    ("seconds", "divisor", "written"),
    [(300, 1, "5m"), (3 * DAY, 1, "3d"), (36 * HOUR, 1, "36h"), (HOUR, 60, "1m"), (1, 2, "500ms")],
)
def test_durations_are_written_as_promql_does(seconds: int, divisor: float, written: str) -> None:
    assert Pace(divisor).duration(seconds) == written
