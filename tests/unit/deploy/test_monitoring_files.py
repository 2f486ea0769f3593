"""Which labels does an export refuse? Those that tell alerts apart, or that stop Prometheus."""

import re

import pytest
import yaml

from deploy.monitoring.documents import RULES
from deploy.monitoring_files import OURS, UnusableLabel, monitoring_files

OF_PROMETHEUS = {"alertname", "instance", "job"}
"""The labels that Prometheus gives by itself. Alerts without an aggregate have those of targets."""


def test_every_label_by_which_alerts_differ_is_refused() -> None:
    differ = set(OF_PROMETHEUS)
    for group in yaml.safe_load((RULES / "alerts.yml").read_text())["groups"]:
        for rule in group["rules"]:
            differ |= rule["labels"].keys()
            differ |= set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
            for clause in re.findall(r"\bby \(([^)]*)\)", rule["expr"]):
                differ |= set(clause.split(", "))
    assert differ == OURS


def test_a_refusal_names_the_label_and_all_that_are_taken() -> None:
    with pytest.raises(UnusableLabel) as refusal:
        monitoring_files(labels={"lane": "fast"})
    assert "'lane'" in str(refusal.value)
    assert ", ".join(sorted(OURS)) in str(refusal.value)


@pytest.mark.parametrize("value", ["{{ $labels.lane }}", "a {{", "two\nlines", "\udcff", "\x7f"])
def test_a_value_that_prometheus_would_not_start_with_is_refused(value: str) -> None:
    with pytest.raises(UnusableLabel, match="'team'"):
        monitoring_files(labels={"team": value})


@pytest.mark.parametrize(
    "value", ["\U0001f600", "\u00fc", '"quoted" \\', "- a: b # c", "$1 {a}", "'"]
)
def test_a_value_is_on_every_alert_as_it_was_given(value: str) -> None:
    told = monitoring_files(labels={"team": value})["rules/alerts.yml"]
    rules = [rule for group in yaml.safe_load(told)["groups"] for rule in group["rules"]]
    assert {rule["labels"]["team"] for rule in rules} == {value}
