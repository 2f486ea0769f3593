"""Is compose.yaml as safe and as ordered as it says? Asked of `docker compose` itself."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.compose_secrets import ENVIRONMENT, make_secrets, variable
from deploy.lifetime import GRACE_SECONDS
from tests.services import environment_with

FILE = Path(__file__).parents[3] / "deploy" / "compose.yaml"
COMPOSE = (str(Path(sys.executable).with_name("docker-compose")), "--file", str(FILE))
OURS = ("api", "migrate", "muster", "topology", "worker")
OTHERS = ("postgres", "prometheus", "rabbitmq")


def ask(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Call `docker compose`, whose own file of variables is never the developer's."""
    return subprocess.run(  # noqa: S603  # installed with the tests
        [*COMPOSE, *arguments],
        env=environment_with(),
        capture_output=True,
        text=True,
        check=False,
    )


def config(environment: Path, *options: str) -> dict[str, Any]:
    """Return the services as they will be run."""
    files = ("--env-file", str(environment), "--profile", "*")
    answer = ask(*files, "config", "--format", "json", *options)
    assert answer.returncode == 0, answer.stderr
    services: dict[str, Any] = json.loads(answer.stdout)["services"]
    return services


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy")
    make_secrets(folder)
    return folder / ENVIRONMENT


@pytest.fixture(scope="module")
def services(secrets: Path) -> dict[str, Any]:
    return config(secrets)


def test_these_are_the_services(services: dict[str, Any]) -> None:
    assert sorted(services) == sorted((*OURS, *OTHERS))
    assert services["worker"]["deploy"]["replicas"] == 2
    assert services["muster"]["profiles"], "a command, which `up` does not start"


def test_what_is_published_is_on_loopback(services: dict[str, Any]) -> None:
    published = {
        name: [port["host_ip"] for port in service["ports"]]
        for name, service in services.items()
        if "ports" in service
    }
    assert published == {"api": ["127.0.0.1"], "prometheus": ["127.0.0.1"]}


@pytest.mark.parametrize("name", [*OURS, *OTHERS])
def test_a_container_has_no_more_than_it_needs(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in {"", "root", "0", "0:0"}
    assert int(service["mem_limit"]) <= 2**30
    assert "privileged" not in service
    assert "network_mode" not in service


@pytest.mark.parametrize("name", OURS)
def test_ours_run_under_a_number_and_keep_nothing(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", service["user"])
    assert "volumes" not in service
    assert float(service["stop_grace_period"].removesuffix("s")) > GRACE_SECONDS


def test_nothing_starts_before_what_it_needs(services: dict[str, Any]) -> None:
    waits_for = {
        name: {needed: how["condition"] for needed, how in service["depends_on"].items()}
        for name, service in services.items()
        if "depends_on" in service
    }
    set_up = "service_completed_successfully"
    assert waits_for == {
        "migrate": {"postgres": "service_healthy"},
        "topology": {"rabbitmq": "service_healthy"},
        "api": {"migrate": set_up, "topology": set_up},
        "worker": {"migrate": set_up, "topology": set_up},
        "muster": {"postgres": "service_healthy"},
    }
    assert all(services[name]["healthcheck"]["test"] for name in (*OTHERS, "api", "worker"))


def test_each_part_gets_the_passwords_of_its_own_task_only(secrets: Path) -> None:
    services = config(secrets, "--no-interpolate")
    given = {
        name: set(re.findall(r"MUSTER_\w+_PASSWORD", json.dumps(service["environment"])))
        for name, service in services.items()
        if "environment" in service
    }
    operators = {variable(role) for role in ("directory", "downstream", "topology")}
    assert given == {
        "api": {variable("directory"), variable("relay")},
        "worker": {variable("downstream"), variable("worker")},
        "migrate": operators,
        "topology": operators,
        "muster": operators,
        "postgres": {variable(role) for role in ("postgres", "directory", "downstream")},
    }


def test_no_password_is_written_down(secrets: Path) -> None:
    services = config(secrets, "--no-interpolate")
    values = [
        value
        for service in services.values()
        for name, value in service.get("environment", {}).items()
        if "PASSWORD" in name or re.search("://[^/]+@", value)
    ]
    assert len(values) > len(OURS)
    for value in values:
        password = re.sub(r"^\w+://[\w-]+:|@[\w/]+$", "", value)
        assert re.fullmatch(r"\$\{MUSTER_\w+_PASSWORD(:\?[\w ]+|-)\}", password)


def test_without_secrets_one_line_says_how_to_make_them() -> None:
    answer = ask("--env-file", "/dev/null", "up")
    assert answer.returncode != 0
    (line,) = answer.stderr.splitlines()
    assert "make secrets" in line
