"""Do pods have no more than they need, and does Kubernetes see how they are?"""

import pytest

from deploy.processes.signals import GRACE_SECONDS
from tests.unit.deploy.helm.chart import Document, by_kind, containers_of, pods_of

PROCESSES = ("api", "worker", "admin")


def test_no_pod_is_root_or_may_talk_to_kubernetes(documents: list[Document]) -> None:
    pods = pods_of(documents)
    assert sorted(pods) == ["admin", "api", "command", "migration", "test", "worker"]
    for pod in pods.values():
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
        kinds = {kind for volume in pod["volumes"] for kind in volume.keys() - {"name"}}
        assert "emptyDir" in kinds
        assert kinds <= {"emptyDir", "projected", "secret"}  # the latter hold files of TLS


def test_no_container_gains_rights_or_writes_outside_of_tmp(documents: list[Document]) -> None:
    containers = containers_of(documents)
    parts = ["admin", "api", "databases", "migrate", "muster-command", "services"]
    assert sorted(containers) == [*parts, "topology", "worker"]
    for container in containers.values():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        writable = [it["mountPath"] for it in container["volumeMounts"] if not it.get("readOnly")]
        assert writable == ["/tmp"]  # noqa: S108


def test_every_container_says_what_it_takes(documents: list[Document]) -> None:
    for container in containers_of(documents).values():
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


def test_services_become_no_settings(documents: list[Document]) -> None:
    # A Service called muster would be MUSTER_PORT=tcp://…, which Muster refuses.
    assert all(pod["enableServiceLinks"] is False for pod in pods_of(documents).values())


def test_the_command_runs_only_when_somebody_makes_its_pod(documents: list[Document]) -> None:
    (document,) = by_kind(documents, "PodTemplate").values()
    pod = document["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    # `kubectl run muster-command` gives the arguments to the container of this name.
    assert [container["name"] for container in pod["containers"]] == ["muster-command"]


@pytest.mark.parametrize("part", PROCESSES)
def test_kubernetes_asks_each_process_where_it_answers(
    documents: list[Document], part: str
) -> None:
    container = containers_of(documents)[part]
    (port,) = (it["containerPort"] for it in container["ports"] if it["name"] == "metrics")
    settings = {it["name"]: it.get("value") for it in container["env"]}
    assert settings["MUSTER_METRICS_PORT"] == str(port)
    assert settings["MUSTER_METRICS_HOST"] == "0.0.0.0"  # noqa: S104
    asked = {
        probe: container[f"{probe}Probe"]["httpGet"]
        for probe in ("startup", "liveness", "readiness")
    }
    assert asked == {
        "startup": {"path": "/livez", "port": "metrics"},
        "liveness": {"path": "/livez", "port": "metrics"},
        "readiness": {"path": "/readyz", "port": "metrics"},
    }


@pytest.mark.parametrize("part", PROCESSES)
def test_a_drain_has_the_time_it_takes(documents: list[Document], part: str) -> None:
    pod = pods_of(documents)[part]
    (container,) = pod["containers"]
    before = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", "0")
    assert pod["terminationGracePeriodSeconds"] > int(before[-1]) + GRACE_SECONDS


@pytest.mark.parametrize(
    ("part", "setting"), [("api", "MUSTER_PORT"), ("admin", "MUSTER_ADMIN_PORT")]
)
def test_requests_reach_the_part_that_they_are_for(
    documents: list[Document], part: str, setting: str
) -> None:
    service = by_kind(documents, "Service")[f"muster-{part}"]
    deployment = by_kind(documents, "Deployment")[f"muster-{part}"]
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    (port,) = service["spec"]["ports"]
    container = containers_of(documents)[part]
    (target,) = (it for it in container["ports"] if it["name"] == port["targetPort"])
    settings = {it["name"]: it.get("value") for it in container["env"]}
    assert settings[setting] == str(target["containerPort"])


def test_no_other_part_has_a_service_and_nothing_leads_in_unasked(default: list[Document]) -> None:
    assert sorted(by_kind(default, "Service")) == ["muster-admin", "muster-api"]
    assert by_kind(default, "Ingress") == by_kind(default, "HTTPRoute") == {}


@pytest.mark.parametrize("part", PROCESSES)
def test_maintenance_takes_one_pod_at_a_time(documents: list[Document], part: str) -> None:
    budget = by_kind(documents, "PodDisruptionBudget")[f"muster-{part}"]["spec"]
    deployment = by_kind(documents, "Deployment")[f"muster-{part}"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == deployment["selector"]
    (spread, _) = pods_of(documents)[part]["topologySpreadConstraints"]
    assert spread["labelSelector"] == deployment["selector"]
    assert spread["topologyKey"] == "kubernetes.io/hostname"


@pytest.mark.parametrize("part", PROCESSES)
def test_what_finds_pods_finds_pods(documents: list[Document], part: str) -> None:
    deployment = by_kind(documents, "Deployment")[f"muster-{part}"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"].items() <= labels.items()
    for kind in ("NetworkPolicy", "PodMonitor"):
        for name, document in by_kind(documents, kind).items():
            selector = document["spec"].get("podSelector") or document["spec"]["selector"]
            found = selector["matchLabels"].items() <= labels.items()
            if name not in {"muster-test", "muster-tested"}:  # which `helm test` brings and takes
                assert found is (name in {"muster", f"muster-{part}"})
