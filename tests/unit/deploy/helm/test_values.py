"""Which values are accepted? Those of values.yaml, of the right kind, and no others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.settings import Settings
from deploy.variable_names import ENVIRONMENT_PREFIX
from tests.unit.deploy.helm.chart import CHART, Helm, containers_of, value_in

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
GIVEN_BY_THE_CHART = {
    "directory_database_url",
    "directory_database_password_file",
    "downstream_database_url",
    "downstream_database_password_file",
    "broker_url",
    "broker_password_file",
    "public_url",
    "host",
    "port",
    "admin_host",
    "admin_port",
    "admin_token",
    "metrics_host",
    "metrics_port",
    "log_format",
}
GONE = {"serviceAccountName"}
"""Values of earlier charts, whose refusal says what took their place."""


def paths(schema: dict[str, Any], *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of every value that the schema names."""
    resolved = (
        SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    yield above
    for name, inner in resolved.get("properties", {}).items():
        yield from paths(inner, *above, name)


def test_every_value_that_is_accepted_is_shown_with_its_default() -> None:
    values = value_in((CHART / "values.yaml").read_text())
    for path in paths(SCHEMA):
        if path and path[0] in {"global", "settings", *GONE}:  # Helm's own, README.md's, refused
            continue
        shown = values
        for name in path:
            assert name in shown, path
            shown = shown[name]


def test_every_setting_is_given_by_the_chart_or_can_be_set() -> None:
    accepted = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower()
        for name in SCHEMA["properties"]["settings"]["properties"]
    }
    assert accepted.isdisjoint(GIVEN_BY_THE_CHART)
    assert accepted | GIVEN_BY_THE_CHART == Settings.model_fields.keys()


def test_a_setting_reaches_every_container(helm: Helm) -> None:
    documents = helm.render({"settings": {"MUSTER_BROKER_PREFIX": "blue"}})
    for container in containers_of(documents).values():
        assert {"name": "MUSTER_BROKER_PREFIX", "value": "blue"} in container["env"]


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"replicas": 2}, "/replicas"),
        ({"api": {"replica": 2}}, "/api/replica"),
        ({"api": {"replicas": 0}}, "/api/replicas"),
        ({"worker": {"autoscaling": {"enabled": "yes"}}}, "/worker/autoscaling/enabled"),
        ({"worker": {"autoscaling": {"minReplicas": 0}}}, "/worker/autoscaling/minReplicas"),
        ({"worker": {"resources": {"limits": {"memory": None}}}}, "/worker/resources/limits"),
        ({"settings": {"MUSTER_LOG_FORMAT": "console"}}, "/settings/MUSTER_LOG_FORMAT"),
        # Helm would write a large number as 1.6777216e+07.
        ({"settings": {"MUSTER_LARGEST_BODY": 16777216}}, "/settings/MUSTER_LARGEST_BODY"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
        ({"tls": {"existingSecret": "Not a name"}}, "/tls/existingSecret"),
        ({"publicUrl": "scim.example.com"}, "/publicUrl"),
    ],
    ids=lambda value: value or "/" if isinstance(value, str) else None,
)
def test_what_is_not_meant_is_refused(helm: Helm, values: dict[str, Any], where: str) -> None:
    assert f"at '{where}'" in helm.refuses(values)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"ingres": {"enabled": True}}, "monitoring, podAnnotations"),
        ({"ingress": {"enable": True}}, "known here are enabled, className"),
        ({"api": {"extraEnv": []}}, "(extraEnv, extraVolumes, affinity, serviceAccount, …)"),
        ({"serviceAccountName": "ours"}, "it is serviceAccount.name now"),
        ({"settings": {"MUSTER_POTR": "1"}}, "README.md lists the settings"),
        ({"extraEnv": [{"name": "MUSTER_PORT", "value": "1"}]}, "MUSTER_PORT belongs to settings"),
        ({"ingress": {"enabled": True}}, "set publicUrl"),
        ({"httpRoute": {"enabled": True}, "publicUrl": "https://a.test"}, "httpRoute.parentRefs"),
        ({"ingress": {"enabled": True}, "publicUrl": "https://a.test/b"}, "without a path"),
        ({"ingress": {"enabled": True}, "publicUrl": "http://192.0.2.7:8000"}, "not an address"),
        ({"ingress": {"enabled": True}, "publicUrl": "https://[2001:db8::7]"}, "not an address"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_refusal_says_where_to_go(helm: Helm, values: dict[str, Any], told: str) -> None:
    assert told in helm.refuses(values)


def test_a_refusal_names_every_value_that_there_is() -> None:
    told = dict(_objects(SCHEMA))
    del told["settings"]  # README.md's
    assert len(told) > 10
    for known, names in told.values():
        assert known.partition(";")[0].removeprefix("left out: known here are ") == ", ".join(names)


def _objects(schema: Any, *above: str) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    """Yield the place of each object that tells the names of its values, with both."""
    if isinstance(schema, dict):
        closed = schema.get("additionalProperties")
        if isinstance(closed, dict) and "const" in closed:
            names = [name for name in schema["properties"] if name not in {"global", *GONE}]
            yield "/".join(it for it in above if it != "properties"), (closed["const"], names)
        for name, inner in schema.items():
            yield from _objects(inner, *above, name)
