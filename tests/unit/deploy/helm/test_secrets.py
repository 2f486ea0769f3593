"""Do secrets come by reference only, and to each part those of its own?"""

import json
import re
from typing import Any

import pytest

from deploy.settings import Settings, read_settings
from deploy.variable_names import ENVIRONMENT_PREFIX
from tests.unit.deploy.helm.chart import Document, Helm, by_kind, containers_of, pods_of

STAND_INS = {
    "directory-database-url": "postgresql://somewhere/directory",
    "downstream-database-url": "postgresql://somewhere/downstream",
    "broker-url": "amqp://somebody@somewhere/",
    "admin-token": "t" * 32,
}


def secrets_of(container: Document) -> dict[str, tuple[str, str]]:
    """Return which setting comes from which Secret, and from which of its keys."""
    references = {
        it["name"]: it["valueFrom"]["secretKeyRef"] for it in container["env"] if "valueFrom" in it
    }
    return {name: (it["name"], it["key"]) for name, it in references.items()}


def settings_of(container: Document) -> Settings:
    """Return the settings that a container will read, with stand-ins for what is secret."""
    given = {it["name"]: it.get("value") for it in container["env"]}
    values = {name: it for name, it in given.items() if name.startswith(ENVIRONMENT_PREFIX)}
    values |= {name: STAND_INS[key] for name, (_, key) in secrets_of(container).items()}
    return read_settings(
        **{name.removeprefix(ENVIRONMENT_PREFIX).lower(): value for name, value in values.items()}
    )


def test_each_part_gets_the_urls_of_its_own_task_only(documents: list[Document]) -> None:
    given = {name: secrets_of(it) for name, it in containers_of(documents).items()}
    directory, downstream = "MUSTER_DIRECTORY_DATABASE_URL", "MUSTER_DOWNSTREAM_DATABASE_URL"
    assert given == {
        "migrate": {
            directory: ("muster-operator", "directory-database-url"),
            downstream: ("muster-operator", "downstream-database-url"),
        },
        "topology": {"MUSTER_BROKER_URL": ("muster-operator", "broker-url")},
        "muster-command": {
            directory: ("muster-operator", "directory-database-url"),
            downstream: ("muster-operator", "downstream-database-url"),
            "MUSTER_BROKER_URL": ("muster-operator", "broker-url"),
        },
        "api": {
            directory: ("muster-api", "directory-database-url"),
            downstream: ("muster-api", "downstream-database-url"),
            "MUSTER_BROKER_URL": ("muster-api", "broker-url"),
        },
        "admin": {
            directory: ("muster-admin", "directory-database-url"),
            downstream: ("muster-admin", "downstream-database-url"),
            "MUSTER_ADMIN_TOKEN": ("muster-admin", "admin-token"),
        },
        "databases": {
            directory: ("muster-operator", "directory-database-url"),
            downstream: ("muster-operator", "downstream-database-url"),
        },
        "services": {},
        "worker": {
            downstream: ("muster-worker", "downstream-database-url"),
            "MUSTER_BROKER_URL": ("muster-worker", "broker-url"),
        },
    }


def test_passwords_with_a_key_of_their_own_are_files_and_not_in_the_environment(helm: Helm) -> None:
    keys = {"downstreamDatabasePassword": "db-password", "brokerPassword": "amqp-password"}
    documents = helm.render({"worker": {"existingSecret": keys}})
    container = containers_of(documents)["worker"]
    files = {it["name"]: it["value"] for it in container["env"] if "PASSWORD_FILE" in it["name"]}
    assert files == {
        "MUSTER_DOWNSTREAM_DATABASE_PASSWORD_FILE": "/etc/muster/passwords/db-password",
        "MUSTER_BROKER_PASSWORD_FILE": "/etc/muster/passwords/amqp-password",
    }
    [volume] = (it for it in pods_of(documents)["worker"]["volumes"] if it["name"] == "passwords")
    assert volume["projected"]["sources"] == [
        {"secret": {"name": "muster-worker", "items": [{"key": key, "path": key}]}}
        for key in ("db-password", "amqp-password")
    ]
    mount = {"name": "passwords", "mountPath": "/etc/muster/passwords", "readOnly": True}
    assert mount in container["volumeMounts"]
    others = (it for name, it in containers_of(documents).items() if name != "worker")
    assert not any("PASSWORD_FILE" in json.dumps(it) for it in others)


@pytest.mark.parametrize(
    ("tls", "sources"),
    [
        ({"existingSecret": "muster-tls"}, [{"secret": {"name": "muster-tls"}}]),
        ({"existingConfigMap": "authorities"}, [{"configMap": {"name": "authorities"}}]),
        (
            {"existingSecret": "muster-tls", "existingConfigMap": "authorities"},
            [{"secret": {"name": "muster-tls"}}, {"configMap": {"name": "authorities"}}],
        ),
    ],
    ids=["secret", "config map", "both"],
)
def test_every_container_can_read_the_files_of_tls(
    helm: Helm, tls: dict[str, str], sources: list[Document]
) -> None:
    documents = helm.render({"tls": tls})
    for pod in pods_of(documents).values():
        assert {"name": "tls", "projected": {"sources": sources}} in pod["volumes"]
    for container in containers_of(documents).values():
        mount = {"name": "tls", "mountPath": "/etc/muster/tls", "readOnly": True}
        assert mount in container["volumeMounts"]


def test_the_chart_makes_no_secret_and_writes_none_down(documents: list[Document]) -> None:
    assert by_kind(documents, "Secret") == {}
    assert re.findall(r"\w+://[^/\s\"]*@", json.dumps(documents)) == []


@pytest.mark.parametrize("part", ["api", "worker", "muster-command"])
def test_a_part_accepts_its_settings_and_finds_servers(
    documents: list[Document], part: str
) -> None:
    settings = settings_of(containers_of(documents)[part])
    assert settings.broker_url
    assert not settings.uses_sqlite
    assert settings.log_format == "json"


def test_administrators_need_no_broker_and_may_do_without_an_operators_token(
    documents: list[Document],
) -> None:
    container = containers_of(documents)["admin"]
    settings = settings_of(container)
    assert (settings.broker_url, settings.uses_sqlite) == ("", False)
    assert settings.admin_token is not None
    [token] = (it for it in container["env"] if it["name"] == "MUSTER_ADMIN_TOKEN")
    assert token["valueFrom"]["secretKeyRef"]["optional"]


@pytest.mark.parametrize("name", ["migrate", "topology", "databases"])
def test_the_preparations_accept_their_settings(documents: list[Document], name: str) -> None:
    settings = settings_of(containers_of(documents)[name])
    assert bool(settings.broker_url) is (name == "topology")
    assert settings.uses_sqlite is (name == "topology")


def test_without_a_public_url_base_urls_are_those_of_the_service(helm: Helm) -> None:
    documents = helm.render({"api": {"service": {"port": 80}}}, "--namespace", "people")
    assert "muster-api" in by_kind(documents, "Service")
    settings = settings_of(containers_of(documents)["api"])
    assert settings.base == "http://muster-api.people:80"


def test_names_and_keys_are_the_operators(helm: Helm) -> None:
    named = {"name": "vault", "downstreamDatabaseUrl": "DB_URL", "brokerUrl": "AMQP_URL"}
    documents = helm.render({"worker": {"existingSecret": named}})
    assert secrets_of(containers_of(documents)["worker"]) == {
        "MUSTER_DOWNSTREAM_DATABASE_URL": ("vault", "DB_URL"),
        "MUSTER_BROKER_URL": ("vault", "AMQP_URL"),
    }


def test_each_value_may_be_in_a_secret_of_its_own(helm: Helm) -> None:
    """As CloudNativePG, the operator of RabbitMQ and External Secrets make them."""
    named = {
        "downstreamDatabaseUrl": {"name": "downstream-app", "key": "uri"},
        "downstreamDatabasePassword": {"name": "downstream-app", "key": "password"},
        "brokerUrl": {"name": "mq-worker", "key": "connection_string"},
        "brokerPassword": {"name": "mq-worker", "key": "password"},
    }
    token = {"adminToken": {"name": "operators", "key": "token"}}
    documents = helm.render(
        {"worker": {"existingSecret": named}, "admin": {"existingSecret": token}}
    )
    container = containers_of(documents)["worker"]
    assert secrets_of(container) == {
        "MUSTER_DOWNSTREAM_DATABASE_URL": ("downstream-app", "uri"),
        "MUSTER_BROKER_URL": ("mq-worker", "connection_string"),
    }
    [volume] = (it for it in pods_of(documents)["worker"]["volumes"] if it["name"] == "passwords")
    mounted = {
        f"/etc/muster/passwords/{item['path']}": (source["secret"]["name"], item["key"])
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }
    files = {it["name"]: it["value"] for it in container["env"] if "PASSWORD_FILE" in it["name"]}
    assert {name: mounted[file] for name, file in files.items()} == {
        "MUSTER_DOWNSTREAM_DATABASE_PASSWORD_FILE": ("downstream-app", "password"),
        "MUSTER_BROKER_PASSWORD_FILE": ("mq-worker", "password"),
    }
    admin = secrets_of(containers_of(documents)["admin"])
    assert admin["MUSTER_ADMIN_TOKEN"] == ("operators", "token")


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"settings": {"MUSTER_BROKER_URL": "amqp://a:b@c/"}}, "/settings/MUSTER_BROKER_URL"),
        (
            {"settings": {"MUSTER_DIRECTORY_DATABASE_URL": "postgresql://a:b@c/d"}},
            "/settings/MUSTER_DIRECTORY_DATABASE_URL",
        ),
        ({"publicUrl": "https://user:password@example.com"}, "/publicUrl"),
        (
            {"api": {"existingSecret": {"brokerUrl": "amqp://a:b@c/"}}},
            "/api/existingSecret/brokerUrl",
        ),
        (
            {"admin": {"existingSecret": {"adminToken": "a token=="}}},
            "/admin/existingSecret/adminToken",
        ),
        (
            {"worker": {"existingSecret": {"directoryDatabaseUrl": "key"}}},
            "/worker/existingSecret/directoryDatabaseUrl",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_values_take_no_secret(helm: Helm, values: dict[str, Any], where: str) -> None:
    assert f"at '{where}'" in helm.refuses(values)
