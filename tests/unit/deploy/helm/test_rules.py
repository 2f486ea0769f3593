"""Do the rules reach Prometheus as they are?"""

import yaml

from deploy.monitoring.documents import RULES
from tests.unit.deploy.helm.chart import EVERY_OPTION, Helm, by_kind


def test_the_rules_are_those_of_prometheus_itself(helm: Helm) -> None:
    documents = by_kind(helm.render(EVERY_OPTION), "PrometheusRule")
    assert {name: it["spec"] for name, it in documents.items()} == {
        f"muster-{path.stem}": yaml.safe_load(path.read_text()) for path in RULES.iterdir()
    }


def test_an_operator_can_label_them(helm: Helm) -> None:
    for document in by_kind(helm.render(EVERY_OPTION), "PrometheusRule").values():
        assert document["metadata"]["labels"]["release"] == "prometheus"
