"""Do rules and dashboards reach Prometheus and Grafana, with the links and labels of the values?"""

import json

import pytest

from deploy.monitoring import rules
from deploy.monitoring.annotations import Links
from deploy.monitoring.documents import DASHBOARDS, RULES
from deploy.monitoring.pace import Pace
from deploy.monitoring_files import OURS
from tests.unit.deploy.helm.chart import EVERY_OPTION, Document, Helm, by_kind, value_in

MONITORING = EVERY_OPTION["monitoring"]


def test_the_rules_are_those_of_prometheus_itself(helm: Helm) -> None:
    documents = by_kind(helm.render({"monitoring": {"rules": {"enabled": True}}}), "PrometheusRule")
    assert {name: it["spec"] for name, it in documents.items()} == {
        f"muster-{path.stem}": value_in(path.read_text()) for path in RULES.iterdir()
    }


def test_alerts_have_the_links_and_labels_of_the_values(full: list[Document]) -> None:
    written = by_kind(full, "PrometheusRule")["muster-alerts"]["spec"]
    given = MONITORING["rules"]
    links = Links(given["runbookUrl"], given["grafanaUrl"])
    expected = value_in(rules.alerts_text(Pace(), links))
    for rule in expected["groups"][0]["rules"]:
        rule["labels"] |= given["alertLabels"]
    assert written == expected


def test_an_operator_can_label_them(full: list[Document]) -> None:
    for document in by_kind(full, "PrometheusRule").values():
        assert document["metadata"]["labels"]["release"] == "prometheus"


def test_the_sidecar_of_grafana_finds_every_dashboard(full: list[Document]) -> None:
    maps = by_kind(full, "ConfigMap")
    found = {name: text for it in maps.values() for name, text in it["data"].items()}
    assert {name: json.loads(text) for name, text in found.items()} == {
        f"muster-{path.name}": json.loads(path.read_text()) for path in DASHBOARDS.iterdir()
    }
    for it in maps.values():
        assert it["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert it["metadata"]["annotations"] == {"grafana_folder": "Muster"}


@pytest.mark.parametrize(
    ("value", "name"), [("", "default/scim"), ("staging, east", "staging, east")]
)
def test_every_series_has_the_name_of_its_installation(helm: Helm, value: str, name: str) -> None:
    values = {"monitoring": {"installation": value, "podMonitor": {"enabled": True}}}
    monitor = by_kind(helm.render(values, release="scim"), "PodMonitor")["scim-muster"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    (label,) = endpoint["relabelings"]
    assert (label["targetLabel"], label["replacement"]) == ("installation", name)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"installation": 'a"b'}, "/monitoring/installation"),
        ({"rules": {"runbookUrl": "wiki.example.com"}}, "/monitoring/rules/runbookUrl"),
        ({"rules": {"alertLabels": {"two words": "no"}}}, "/monitoring/rules/alertLabels"),
        ({"rules": {"alertLabels": {"a": "{{ $x }}"}}}, "/monitoring/rules/alertLabels/a"),
        ({"rules": {"alertLabels": {"a": "{{{"}}}, "/monitoring/rules/alertLabels/a"),
        ({"rules": {"alertLabels": {"a": "two\nlines"}}}, "/monitoring/rules/alertLabels/a"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_no_rule_could_hold_is_refused(
    helm: Helm, values: dict[str, object], where: str
) -> None:
    assert f"at '{where}'" in helm.refuses({"monitoring": values})


def test_a_label_is_on_every_alert_as_it_was_given(helm: Helm) -> None:
    labels = {"a": "\u00fc <a & b>", "b": '"quoted" \\ {x} {', "c": "- d: e # f", "d": ""}
    values = {"monitoring": {"rules": {"enabled": True, "alertLabels": labels}}}
    written = by_kind(helm.render(values), "PrometheusRule")["muster-alerts"]["spec"]
    for rule in written["groups"][0]["rules"]:
        assert labels.items() <= rule["labels"].items()


def test_no_label_that_tells_alerts_apart_can_be_given(helm: Helm) -> None:
    told = helm.refuses({"monitoring": {"rules": {"alertLabels": dict.fromkeys(OURS, "none")}}})
    for name in OURS:
        assert f"at '/monitoring/rules/alertLabels/{name}'" in told
    assert f"tell alerts apart: {', '.join(sorted(OURS))}" in told
