"""Do metrics keep to the conventions of Prometheus, and their labels to what is nobody's own?"""

import re

import pytest
from prometheus_client import Metric

from api.metrics import REQUEST_BUCKETS
from deploy.processes.operator_endpoints import new_registry
from tests.readings.exported_metrics import all_metrics
from worker.metrics import LAG_BUCKETS

LABELS = {
    *("operation", "status", "lane", "outcome", "queue", "portal", "reason", "kind", "action"),
    *("share", "database", "use"),
}
"""Each of these has few values, and none is a person, a tenant or the text of an error."""


@pytest.mark.parametrize("metric", all_metrics(), ids=lambda metric: metric.name)
def test_a_metric_is_named_and_labelled_as_is_the_custom(metric: Metric) -> None:
    assert re.fullmatch("muster_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.documentation.endswith(".")
    if metric.type == "histogram":
        assert metric.name.endswith("_seconds")
    for sample in metric.samples:
        assert sample.labels.keys() - {"le"} <= LABELS


def test_buckets_hold_the_objectives() -> None:
    assert 0.5 in REQUEST_BUCKETS
    assert 5.0 in LAG_BUCKETS
    assert (LAG_BUCKETS[0], LAG_BUCKETS[-1]) == (0.05, 86400.0)


def test_no_series_tells_when_another_one_was_made() -> None:
    samples = [
        it.name for metric in (*new_registry().collect(), *all_metrics()) for it in metric.samples
    ]
    assert [name for name in samples if name.endswith("_created")] == []
    assert "muster_sync_lag_seconds_count" in samples
