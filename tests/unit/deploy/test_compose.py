"""Is compose.yaml as safe and as ordered as it says? Asked of `docker compose` itself."""

import json
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from contracts.secure_connections.broker_urls import BrokerUrl
from contracts.secure_connections.tls import Tls, Verification
from deploy import compose_secrets, print_alerts
from deploy.compose_secrets import ENVIRONMENT, OPERATORS, make_secrets, variable
from deploy.database_urls import async_url, tls_of
from deploy.monitoring.documents import DASHBOARDS, RULES
from deploy.monitoring.objectives import PERIOD
from deploy.monitoring.pace import DAY
from deploy.print_alerts import PORT
from deploy.processes.signals import GRACE_SECONDS
from deploy.settings import Settings, read_settings
from deploy.variable_names import complaints_about
from tests.servers.services import environment_with

ROOT = Path(__file__).parents[3]
FILE = ROOT / "deploy" / "compose.yaml"
COMPOSE = (str(Path(sys.executable).with_name("docker-compose")), "--file", str(FILE))
OURS = ("admin", "api", "migrate", "muster", "topology", "worker")
OTHERS = ("alertmanager", "grafana", "postgres", "prometheus", "rabbitmq")
PUBLISHED = ("alertmanager", "api", "grafana", "prometheus")
PRINTER = "alert-printer"
"""Is of our image, and no part of Muster."""


VERIFIED = Tls(Verification.NAME, roots=Path("/etc/muster/tls/ca.crt"))


def ask(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Call `docker compose`, whose own file of variables is never the developer's."""
    return subprocess.run(  # noqa: S603  # installed with the tests
        [*COMPOSE, *arguments],
        env=environment_with(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def whole(environment: Path, *options: str, **variables: str) -> dict[str, Any]:
    """Return services, networks, volumes and files as they will be used."""
    files = ("--env-file", str(environment), "--profile", "*")
    answer = ask(*files, "config", "--format", "json", *options, **variables)
    assert answer.returncode == 0, answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    return told


def config(environment: Path, *options: str) -> dict[str, Any]:
    """Return the services as they will be run."""
    services: dict[str, Any] = whole(environment, *options)["services"]
    return services


def is_left_out(path: Path) -> bool:
    """Tell whether .dockerignore keeps a file out of the image: its last line about it decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if any(fnmatch(str(it), line.lstrip("!")) for it in (path, *path.parents[:-1])):
            out = not line.startswith("!")
    return out


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("deploy")
    make_secrets(folder)
    return folder / ENVIRONMENT


@pytest.fixture(scope="module")
def services(secrets: Path) -> dict[str, Any]:
    return config(secrets)


def test_these_are_the_services(services: dict[str, Any]) -> None:
    assert sorted(services) == sorted((*OURS, *OTHERS, PRINTER))
    assert services["worker"]["deploy"]["replicas"] == 2
    assert services["muster"]["profiles"], "a command, which `up` does not start"
    assert services["alertmanager"]["profiles"] == services[PRINTER]["profiles"] == ["alerts"]


def test_what_is_published_is_on_loopback(services: dict[str, Any]) -> None:
    given = {
        name: [port["host_ip"] for port in service["ports"]]
        for name, service in services.items()
        if "ports" in service
    }
    assert given == {name: ["127.0.0.1"] for name in PUBLISHED}


@pytest.mark.parametrize("name", [*OURS, *OTHERS, PRINTER])
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
        "admin": {"migrate": set_up},
        "muster": {"postgres": "service_healthy"},
        "grafana": {"prometheus": "service_started"},
    }
    assert all(
        services[name]["healthcheck"]["test"]
        for name in (*OTHERS, PRINTER, "admin", "api", "worker")
    )


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
        "admin": {variable("directory"), variable("downstream")},
        "migrate": operators,
        "topology": operators,
        "muster": operators,
        "postgres": {variable(role) for role in ("postgres", "directory", "downstream")},
        "grafana": {variable("grafana")},
    }


def test_administrators_reach_the_admin_api_from_inside_with_a_token_of_this_installation(
    secrets: Path, services: dict[str, Any]
) -> None:
    admin = services["admin"]
    assert list(admin["networks"]) == ["inside"]
    assert "ports" not in admin
    given = {name for name, it in services.items() if OPERATORS in it.get("environment", {})}
    assert given == {"admin"}
    token = admin["environment"][OPERATORS]
    assert f"{OPERATORS}={token}" in secrets.read_text().splitlines()
    written = config(secrets, "--no-interpolate")["admin"]["environment"][OPERATORS]
    assert written == f"${{{OPERATORS}-}}"


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
        assert re.fullmatch(r"\$\{MUSTER_\w+_PASSWORD(:\?[\w .-]+|-)\}", password)


def test_images_of_others_have_a_version(services: dict[str, Any]) -> None:
    assert all(re.search(r":v?\d", services[name]["image"]) for name in OTHERS)
    assert re.fullmatch(r"postgres:\d+-[a-z]+", services["postgres"]["image"]), "sorts as before"


def mounted(service: dict[str, Any]) -> dict[str, Path]:
    """Return which files and folders of this one a container sees, by where; none to write to."""
    places = {it["target"]: it for it in service.get("volumes", ()) if it["type"] == "bind"}
    assert all(place["read_only"] for place in places.values())
    return {target: Path(place["source"]) for target, place in places.items()}


def test_prometheus_finds_the_rules_and_grafana_its_dashboards(services: dict[str, Any]) -> None:
    rules = yaml.safe_load((FILE.parent / "prometheus/prometheus.yml").read_text())["rule_files"]
    assert rules == ["rules/*.yml"], "from where prometheus.yml is"
    assert mounted(services["prometheus"]) == {"/etc/prometheus/rules": RULES}

    provider = yaml.safe_load((FILE.parent / "grafana/dashboards.yml").read_text())["providers"][0]
    assert mounted(services["grafana"]) == {provider["options"]["path"]: DASHBOARDS}
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DASHBOARDS / Path(home).name).exists()
    assert Path(home).parent == Path(provider["options"]["path"])


def test_grafana_asks_the_prometheus_that_is_there(services: dict[str, Any]) -> None:
    source = yaml.safe_load((FILE.parent / "grafana/datasource.yml").read_text())["datasources"][0]
    assert source["url"] == "http://prometheus:9090"
    assert "prometheus" in services
    assert source["isDefault"]


def test_alerts_go_the_whole_way_to_the_printer(services: dict[str, Any]) -> None:
    sending = yaml.safe_load((FILE.parent / "prometheus/prometheus.yml").read_text())["alerting"]
    ((target,),) = [it["targets"] for it in sending["alertmanagers"][0]["static_configs"]]
    assert urlsplit(f"//{target}").hostname in services
    routes = yaml.safe_load((FILE.parent / "alertmanager/alertmanager.yml").read_text())
    for receiver in routes["receivers"]:
        (webhook,) = receiver["webhook_configs"]
        url = urlsplit(webhook["url"])
        assert (url.hostname, url.port, url.path) == (PRINTER, PORT, f"/{receiver['name']}")
    assert services[PRINTER]["entrypoint"][-1] == print_alerts.__name__


def test_receivers_of_ones_own_are_in_a_file_that_a_variable_names(secrets: Path) -> None:
    usual = whole(secrets)["configs"]["alertmanager"]["file"]
    assert usual == str(FILE.parent / "alertmanager/alertmanager.yml")
    named = whole(secrets, ALERTMANAGER_CONFIG="alertmanager/ours.yml")["configs"]["alertmanager"]
    assert named["file"] == str(FILE.parent / "alertmanager/ours.yml")
    assert is_left_out(Path("deploy/alertmanager/ours.yml"))


def test_the_image_has_no_file_that_configures_another_container(secrets: Path) -> None:
    files = [it["file"] for it in whole(secrets)["configs"].values()]
    assert len(files) > len(OTHERS)
    for file in files:
        assert is_left_out(Path(file).relative_to(ROOT)), file
    assert not is_left_out(Path("deploy/prometheus/rules/alerts.yml")), "the command exports it"


def test_prometheus_keeps_what_the_objectives_are_about(services: dict[str, Any]) -> None:
    (kept,) = [it for it in services["prometheus"]["command"] if "retention" in it]
    assert int(kept.split("=")[1].removesuffix("d")) * DAY > PERIOD


def test_without_secrets_every_line_says_how_to_make_them() -> None:
    answer = ask("--env-file", "/dev/null", "up")
    assert answer.returncode != 0
    assert answer.stderr
    ways = ("make secrets", f"python -m {compose_secrets.__name__}")
    assert all(way in line for line in answer.stderr.splitlines() for way in ways)


def test_secrets_from_before_there_was_grafana_leave_it_no_stock_password(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.write_text(f"{variable('postgres')}=made\n")
    answer = ask("--env-file", str(before), "up")
    assert answer.returncode != 0
    assert f"{variable('grafana')} is missing a value: run make secrets" in answer.stderr


def test_whatever_can_be_set_can_be_set_beside_the_passwords(secrets: Path, tmp_path: Path) -> None:
    given_here = {"host", "port", "log_format", "broker_prefix", "public_url"}
    given_here |= {"admin_host", "admin_port", "admin_token"}  # of the service of administrators
    names = {
        f"MUSTER_{name.upper()}"
        for name in Settings.model_fields
        if name not in given_here
        and not name.startswith("metrics_")
        and not name.endswith(("_url", "_password_file"))
    }
    lines = [f"{name}=4321" for name in sorted(names)]
    environment = tmp_path / ENVIRONMENT
    environment.write_text("\n".join([secrets.read_text(), *lines]))
    told = config(environment)["api"]["environment"]
    assert {name for name, value in told.items() if value == "4321"} == names


def test_no_variable_of_this_file_is_refused_as_unknown() -> None:
    named = re.findall(r"\bMUSTER_[A-Z_]+", FILE.read_text())
    assert "MUSTER_GRAFANA_PASSWORD" in named
    assert complaints_about(named, Settings.model_fields) == []


def test_servers_of_ones_own_are_verified_and_take_the_place_of_ours(secrets: Path) -> None:
    over = ("--file", str(FILE.with_name("compose.servers.yaml")), "--env-file", str(secrets))
    asked = ("config", "--format", "json")
    hosts = {"POSTGRES_HOST": "db.example.com", "RABBITMQ_HOST": "mq.example.com"}
    answer = ask(*over, "--profile", "command", *asked, **hosts)
    assert answer.returncode == 0, answer.stderr
    services = json.loads(answer.stdout)["services"]
    assert services.keys() & {"postgres", "rabbitmq"} == set()
    for name in OURS:
        settings = read_settings(
            **{
                it.removeprefix("MUSTER_").lower(): value
                for it, value in services[name]["environment"].items()
                if it.endswith("_URL") and value
            }
        )
        for url in (settings.directory_database_url, settings.downstream_database_url):
            tls = tls_of(async_url(url))
            assert (tls == VERIFIED) is ("db.example.com" in url)
        assert not settings.broker_url or BrokerUrl(settings.broker_url).tls == VERIFIED
        [mounted] = services[name]["volumes"]
        assert (mounted["target"], mounted["read_only"]) == ("/etc/muster/tls", True)
