"""Which labels does an export refuse? Those by which the finished rules tell alerts apart."""

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
