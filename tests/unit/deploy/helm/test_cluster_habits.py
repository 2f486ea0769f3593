"""Does the chart take part in what a cluster has: routes, accounts, places for pods, tests?"""

import pytest

from deploy.settings import read_settings
from deploy.variable_names import ENVIRONMENT_PREFIX
from tests.unit.deploy.helm.chart import (
    CHART,
    EVERY_OPTION,
    Document,
    Helm,
    Values,
    by_kind,
    containers_of,
    documents_in,
    pods_of,
    value_in,
)
from tests.unit.deploy.helm.test_documents import NEWEST, check

KIND = CHART.parent / "kind"


def test_both_routes_lead_the_public_host_to_the_api_and_the_paths_of_scim_alone(
    full: list[Document],
) -> None:
    ingress = by_kind(full, "Ingress")["muster-api"]["spec"]
    (rule,) = ingress["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"], path["pathType"]) == (
        "scim.example.com",
        "/scim/v2",
        "Prefix",
    )
    assert path["backend"]["service"] == {"name": "muster-api", "port": {"name": "http"}}
    assert ingress["tls"] == [{"hosts": ["scim.example.com"], "secretName": "scim-certificate"}]

    route = by_kind(full, "HTTPRoute")["muster-api"]["spec"]
    (rule,) = route["rules"]
    assert route["hostnames"] == ["scim.example.com"]
    assert rule["matches"] == [{"path": {"type": "PathPrefix", "value": "/scim/v2"}}]
    (backend,) = rule["backendRefs"]
    (port,) = by_kind(full, "Service")["muster-api"]["spec"]["ports"]
    assert backend == {"name": "muster-api", "port": port["port"]}


def test_what_is_added_reaches_every_pod_and_container(full: list[Document]) -> None:
    for pod in pods_of(full).values():
        assert pod["affinity"] == EVERY_OPTION["affinity"]
        assert EVERY_OPTION["extraVolumes"][0] in pod["volumes"]
    for container in containers_of(full).values():
        assert EVERY_OPTION["extraEnv"][0] in container["env"]
        assert EVERY_OPTION["extraVolumeMounts"][0] in container["volumeMounts"]


@pytest.mark.parametrize(
    ("account", "names"),
    [
        ({}, ("default", "default")),
        ({"name": "ours"}, ("ours", "ours")),
        ({"create": True}, ("muster", "muster-migration")),
        ({"create": True, "name": "scim"}, ("scim", "scim-migration")),
    ],
    ids=["default", "made beforehand", "made", "made with a name"],
)
def test_pods_run_as_the_account_of_the_values(
    helm: Helm, account: Values, names: tuple[str, str]
) -> None:
    taken_away = {"serviceAccountName": None}  # by an upgrade from a chart that had it
    documents = helm.render({"serviceAccount": account, **taken_away})
    made = by_kind(documents, "ServiceAccount")
    assert set(made) == (set(names) if account.get("create") else set())
    given = {name: pod["serviceAccountName"] for name, pod in pods_of(documents).items()}
    usual, before = names
    assert given.pop("migration") == before
    assert set(given.values()) == {usual}


def test_a_constraint_without_a_selector_means_the_pods_of_its_part(helm: Helm) -> None:
    ours = {"topologyKey": "rack", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    selecting = {**ours, "labelSelector": {"matchLabels": {"pod-template-hash": "any"}}}
    whole = {**selecting, "matchLabelKeys": ["x"]}
    of_all_versions = {**ours, "matchLabelKeys": []}
    given = [ours, selecting, whole, of_all_versions]
    documents = helm.render({"topologySpreadConstraints": given})
    for part in ("api", "worker", "admin"):
        first, *own, last = pods_of(documents)[part]["topologySpreadConstraints"]
        selector = by_kind(documents, "Deployment")[f"muster-{part}"]["spec"]["selector"]
        assert first == {**ours, "labelSelector": selector, "matchLabelKeys": ["pod-template-hash"]}
        assert own == [selecting, whole]
        assert last == {**of_all_versions, "labelSelector": selector}
    without = helm.render({"topologySpreadConstraints": []})
    assert pods_of(without)["api"]["topologySpreadConstraints"] == []


def test_helm_test_asks_services_that_there_are_and_its_policies_let_it(
    full: list[Document],
) -> None:
    services = by_kind(full, "Service")
    *_, api, admin = containers_of(full)["services"]["command"]
    for url, name in ((api, "muster-api"), (admin, "muster-admin")):
        (port,) = services[name]["spec"]["ports"]
        assert url == f"http://{name}:{port['port']}/readyz"
    policies = by_kind(full, "NetworkPolicy")
    labels = by_kind(full, "Pod")["muster-test"]["metadata"]["labels"].items()
    (way_in,) = policies["muster-tested"]["spec"]["ingress"]
    (way_out,) = policies["muster-test"]["spec"]["egress"]
    assert way_in["from"][0]["podSelector"]["matchLabels"].items() <= labels
    assert policies["muster-test"]["spec"]["podSelector"]["matchLabels"].items() <= labels
    assert way_out["to"] == [{"podSelector": policies["muster-tested"]["spec"]["podSelector"]}]
    assert way_in["ports"] == way_out["ports"] == [{"port": "http"}]


def test_the_values_for_kind_find_their_throw_away_servers(helm: Helm) -> None:
    servers = documents_in((KIND / "servers.yaml").read_text())
    for document in servers:
        check(document, NEWEST)
    secrets = {name: it["stringData"] for name, it in by_kind(servers, "Secret").items()}
    hosts = set(by_kind(servers, "Service"))
    documents = helm.render(value_in((KIND / "values-kind.yaml").read_text()))
    for container in containers_of(documents).values():
        values = {it["name"]: it.get("value") for it in container["env"]}
        for it in (it for it in container["env"] if "valueFrom" in it):
            reference = it["valueFrom"]["secretKeyRef"]
            values[it["name"]] = secrets[reference["name"]][reference["key"]]
        settings = read_settings(
            **{name.removeprefix(ENVIRONMENT_PREFIX).lower(): it for name, it in values.items()}
        )
        named = (settings.directory_database_url, settings.downstream_database_url)
        urls = [*named, settings.broker_url]
        for url in urls:
            assert url.partition("@")[2].partition("/")[0] in {*hosts, ""}
    images = {container["image"] for container in containers_of(documents).values()}
    page = (CHART / "README.md").read_text()
    assert [f"kind load docker-image {image}" in page for image in images] == [True]
