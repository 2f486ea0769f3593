"""Would Helm and Kubernetes take the chart? Asked of Helm, and of the schemas of Kubernetes."""

import json
import tomllib
from collections import Counter
from pathlib import Path

import kubernetes_validate
import pytest
from jsonschema import Draft202012Validator, ValidationError

from tests.unit.deploy.helm.chart import (
    CHART,
    EVERY_OPTION,
    Document,
    Helm,
    Values,
    containers_of,
    value_in,
)

OLDEST, NEWEST = "1.27", "1.37"
CUSTOM = {path.stem: path for path in (Path(__file__).parent / "custom_resources").iterdir()}


def check(document: Document, version: str) -> None:
    """Check a document against the schema of its kind, which knows every field that there is."""
    if document["kind"] in CUSTOM:
        schema = json.loads(CUSTOM[document["kind"]].read_text())
        Draft202012Validator(schema).validate(document)
    else:
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("values", [{}, EVERY_OPTION], ids=["default", "every option"])
def test_helm_finds_nothing_to_complain_about(helm: Helm, values: Values) -> None:
    answer = helm.ask("lint", "--strict", str(CHART), values=values)
    assert answer.returncode == 0, answer.stdout
    assert "[WARNING]" not in answer.stdout


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(documents: list[Document], version: str) -> None:
    for document in documents:
        check(document, version)


@pytest.mark.parametrize(
    "kind",
    [
        "Deployment",
        "HTTPRoute",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PodMonitor",
        "PrometheusRule",
        "ScaledObject",
    ],
)
def test_a_field_that_kubernetes_does_not_know_would_be_noticed(
    full: list[Document], kind: str
) -> None:
    document = next(it for it in full if it["kind"] == kind)
    misspelt = document | {"spec": document["spec"] | {"replcias": 2}}
    with pytest.raises(ValidationError, match="replcias"):
        check(misspelt, NEWEST)


def test_a_kubernetes_that_is_too_old_is_refused(helm: Helm) -> None:
    before = f"1.{int(OLDEST.partition('.')[2]) - 1}.9"
    answer = helm.ask("template", "muster", str(CHART), "--kube-version", before)
    assert answer.returncode != 0
    assert "incompatible with Kubernetes" in answer.stderr


def test_these_are_the_objects(default: list[Document]) -> None:
    assert Counter(document["kind"] for document in default) == {
        "Deployment": 3,
        "Job": 1,
        "NetworkPolicy": 5,
        "Pod": 1,
        "PodDisruptionBudget": 3,
        "PodTemplate": 1,
        "Service": 2,
    }


def test_these_are_added_by_options(default: list[Document], full: list[Document]) -> None:
    before = Counter(document["kind"] for document in default)
    assert Counter(document["kind"] for document in full) - before == {
        "ConfigMap": 6,
        "HTTPRoute": 1,
        "HorizontalPodAutoscaler": 1,
        "Ingress": 1,
        "PodMonitor": 1,
        "PrometheusRule": 2,
        "ScaledObject": 1,
        "ServiceAccount": 2,
        "TriggerAuthentication": 1,
    }


def test_two_releases_in_one_namespace_share_no_object(helm: Helm) -> None:
    first, second = (
        {
            (document["kind"], document["metadata"]["name"])
            for document in helm.render(EVERY_OPTION, release=release)
        }
        for release in ("muster", "other")
    )
    assert first.isdisjoint(second)


def test_chart_image_and_project_have_one_version(default: list[Document]) -> None:
    project = tomllib.loads((CHART.parents[2] / "pyproject.toml").read_text())["project"]
    chart = value_in((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == project["version"]
    images = {container["image"] for container in containers_of(default).values()}
    assert images == {f"muster:{project['version']}"}


def test_a_digest_wins_over_the_tag(helm: Helm) -> None:
    digest = "sha256:" + 64 * "a"
    documents = helm.render({"image": {"repository": "example.com/muster", "digest": digest}})
    images = {container["image"] for container in containers_of(documents).values()}
    assert images == {f"example.com/muster@{digest}"}
