"""Does code meet only schemas that it can read? The order of an installation, upgrade, rollback."""

import json
import re

import pytest

from tests.unit.deploy.helm.chart import EVERY_OPTION, Document, Helm, by_kind, containers_of

HOOK = "helm.sh/hook"


def test_schemas_come_before_any_pod_of_a_new_version_and_before_a_rollback(
    documents: list[Document],
) -> None:
    hooks = {
        document["metadata"]["name"]: document["metadata"]["annotations"][HOOK].split(",")
        for document in documents
        if HOOK in document["metadata"].get("annotations", {})
    }
    tests = {"muster-test", "muster-tested"}
    assert {name for name, moments in hooks.items() if moments == ["test"]} == tests
    before = {name: moments for name, moments in hooks.items() if name not in tests}
    assert before == {"muster-migration": ["pre-install", "pre-upgrade", "pre-rollback"]}


def test_databases_come_before_the_broker(documents: list[Document]) -> None:
    pod = by_kind(documents, "Job")["muster-migration"]["spec"]["template"]["spec"]
    assert [container["args"] for container in pod["initContainers"]] == [["migrate"]]
    assert [container["args"] for container in pod["containers"]] == [["topology", "apply"]]


def test_preparations_run_the_code_that_will_run(documents: list[Document]) -> None:
    assert len({container["image"] for container in containers_of(documents).values()}) == 1


def test_preparations_need_nothing_that_the_chart_makes_later(documents: list[Document]) -> None:
    pod = by_kind(documents, "Job")["muster-migration"]["spec"]["template"]["spec"]
    accounts = by_kind(documents, "ServiceAccount")
    assert pod["serviceAccountName"] == ("muster-migration" if accounts else "default")
    for made in accounts.values():
        moments = made["metadata"]["annotations"].get(HOOK, "")
        assert bool(moments) is (made["metadata"]["name"] == pod["serviceAccountName"])
    there_before = {"tmp", "tls", "passwords", "muster-operator", "muster-tls", "authorities"}
    there_before.add("more")  # which is the operator's own
    named = re.findall(r'"(?:name|secretName)": "([^"]+)"', json.dumps(pod["volumes"]))
    assert set(named) <= there_before
    assert not any("envFrom" in container for container in containers_of(documents).values())


def test_the_last_preparation_stays_to_be_looked_at_if_it_failed(
    documents: list[Document],
) -> None:
    job = by_kind(documents, "Job")["muster-migration"]
    policies = job["metadata"]["annotations"]["helm.sh/hook-delete-policy"].split(",")
    assert policies == ["before-hook-creation", "hook-succeeded"]
    assert job["spec"]["activeDeadlineSeconds"] == 600


@pytest.mark.parametrize("part", ["api", "worker", "admin"])
def test_an_old_pod_stays_until_a_new_one_is_ready(documents: list[Document], part: str) -> None:
    deployment = by_kind(documents, "Deployment")[f"muster-{part}"]["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize("values", [{}, EVERY_OPTION], ids=["default", "every option"])
def test_paused_no_process_runs_and_nothing_starts_one(
    helm: Helm, values: dict[str, object]
) -> None:
    documents = helm.render({**values, "paused": True})
    deployments = by_kind(documents, "Deployment")
    assert {name: it["spec"]["replicas"] for name, it in deployments.items()} == {
        "muster-api": 0,
        "muster-worker": 0,
        "muster-admin": 0,
    }
    assert not {"HorizontalPodAutoscaler", "ScaledObject"} & {it["kind"] for it in documents}
