"""Are the files of the monitoring those of the code, and do they ask for what there is?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.monitoring.documents import DASHBOARDS, DEPLOY, IN_CHART, RULES, documents
from deploy.monitoring.installations import INSTALLATION
from deploy.processes.operator_endpoints import new_registry
from tests.readings.dashboards import queries_of_dashboards
from tests.readings.exported_metrics import all_metrics
from tests.readings.promql import Selected, parts_that_lose, selected

NOT_OURS = ("rabbitmq_", "ALERTS")
"""Begins what others export: Prometheus, and the broker, against which the end-to-end tests check
it."""

OPEN_LABELS = frozenset({"status", "le"})
"""Have more values than those that this test has observed."""


def rules() -> list[dict[str, Any]]:
    """Return every rule."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    """Yield every query of the rules and dashboards, with where it stands."""
    for rule in rules():
        yield rule.get("alert") or rule["record"], rule["expr"]
    yield from queries_of_dashboards()


SAMPLES = [it for metric in [*all_metrics(), *new_registry().collect()] for it in metric.samples]
EXPORTED = {sample.name: sample.labels.keys() for sample in SAMPLES}
VALUES = {
    (sample.name, label, value) for sample in SAMPLES for label, value in sample.labels.items()
}
DOCUMENTS = documents()
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_file_is_the_one_of_the_code(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == DOCUMENTS[path], "run: make dashboards"


def test_no_file_is_left_from_before() -> None:
    folders = RULES, DASHBOARDS, *IN_CHART
    assert {path for folder in folders for path in folder.glob("*")} == DOCUMENTS.keys()


def test_every_query_asks_for_metrics_that_the_code_exports() -> None:
    unknown = [
        (where, asked)
        for where, query in queries()
        for asked in selected(query)
        if not asked.name.startswith(NOT_OURS) and not is_exported(asked)
    ]
    assert unknown == []


def is_exported(asked: Selected) -> bool:
    """Say whether there is such a metric, with such labels, with such values."""
    values = [(label, value) for label, value in asked.values if label != INSTALLATION]
    if asked.name in RECORDED:
        return not values
    return asked.name in EXPORTED and all(
        label in EXPORTED[asked.name]
        and (label in OPEN_LABELS or (asked.name, label, value) in VALUES)
        for label, value in values
    )


def test_every_query_keeps_installations_apart() -> None:
    lost = {
        (where, part)
        for where, query in queries()
        for part in parts_that_lose(INSTALLATION, query)
        # Where nothing is seen of any installation, there is no name that could be kept.
        if not (where == "MusterPartMissing" and part.startswith(("absent(", "or on ()")))
    }
    assert lost == set()


@pytest.mark.parametrize(
    "query",
    [
        "sum(muster_dirty_marks)",
        "max by (lane) (muster_dirty_marks)",
        "max without (installation) (muster_dirty_marks)",
        "process_open_fds and on (instance) muster_build_info",
        "process_open_fds and ignoring (installation) muster_build_info",
        "time() - scalar(muster_last_sweep_timestamp_seconds)",
    ],
)
def test_a_query_that_mixes_installations_would_be_noticed(query: str) -> None:
    assert list(parts_that_lose(INSTALLATION, query))


def test_every_panel_asks_for_the_chosen_installations() -> None:
    asked = [
        (where, one.name, dict(one.values))
        for where, query in queries_of_dashboards()
        for one in selected(query)
    ]
    assert asked
    assert [it for it in asked if it[2].get(INSTALLATION) != f"${INSTALLATION}"] == []


@pytest.mark.parametrize(
    "query",
    [
        "muster_dirty_mark",
        'muster_dirty_marks{lane="fast"}',
        'muster_dirty_marks{portal="store"}',
        "muster:answers_bad:ratio_rate9m",
    ],
)
def test_a_metric_label_or_value_that_nobody_exports_would_be_noticed(query: str) -> None:
    (asked,) = selected(query)
    assert not is_exported(asked)


def test_bounds_of_buckets_that_are_asked_for_are_there() -> None:
    asked = {
        (one.name, value)
        for _, query in queries()
        for one in selected(query)
        for label, value in one.values
        if label == "le"
    }
    assert asked
    assert asked <= {(name, value) for name, label, value in VALUES if label == "le"}
