"""Who reaches a pod, and whom does it reach? Nobody whom the values do not name."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.unit.deploy.helm.chart import CHART, Document, Helm, by_kind, value_in

PEERS = {
    "providers": [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
    "operators": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
    "servers": [{"podSelector": {}}, {"ipBlock": {"cidr": "198.51.100.7/32"}}],
}
DNS = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
SERVER_PORTS = [{"port": 5432}, {"port": 5671}, {"port": 5672}]
EVERY_CHOICE = [
    {
        name: peers if filled else []
        for (name, peers), filled in zip(PEERS.items(), chosen, strict=True)
    }
    for chosen in product([False, True], repeat=len(PEERS))
]
"""Each list empty and filled, with each state of the others."""


def which(lists: dict[str, Any]) -> str:
    return " and ".join(name for name, peers in lists.items() if peers) or "nobody"


def policies(documents: list[Document]) -> tuple[Document, Document]:
    """Return what holds for every pod, and what besides for those of the api.

    The policies of `helm test` are there while it runs, and add to them.
    """
    lasting = [it for it in documents if "annotations" not in it["metadata"]]
    named = by_kind(lasting, "NetworkPolicy")
    assert sorted(named) == ["muster", "muster-admin", "muster-api"]
    return named["muster"]["spec"], named["muster-api"]["spec"]


@pytest.mark.parametrize("lists", EVERY_CHOICE, ids=which)
def test_an_empty_list_is_nobody_and_a_filled_one_is_those(
    helm: Helm, lists: dict[str, Any]
) -> None:
    every_pod, api = policies(helm.render({"networkPolicy": lists}))
    # A direction that is named, and has no rule, is closed.
    assert every_pod["policyTypes"] == ["Ingress", "Egress"]
    assert api["policyTypes"] == ["Ingress"]
    assert rules(every_pod, "ingress") == rule("from", lists["operators"], [{"port": "metrics"}])
    assert rules(api, "ingress") == rule("from", lists["providers"], [{"port": "http"}])
    assert rules(every_pod, "egress") == [
        {"ports": DNS},
        *rule("to", lists["servers"], SERVER_PORTS),
    ]


@pytest.mark.parametrize("peers", [[], PEERS["operators"]], ids=["nobody", "some"])
def test_administrators_are_let_in_where_they_are_named_and_to_their_port_alone(
    helm: Helm, peers: list[Document]
) -> None:
    documents = helm.render({"networkPolicy": {"administrators": peers}})
    admin = by_kind(documents, "NetworkPolicy")["muster-admin"]["spec"]
    assert admin["policyTypes"] == ["Ingress"]
    assert rules(admin, "ingress") == rule("from", peers, [{"port": "http"}])
    assert policies(documents) == policies(helm.render())
    told = notes(helm, {"networkPolicy": {"administrators": peers}})
    assert "http://muster-admin.default:8001/admin/v1" in told
    assert ("from no pod so far" in told) is (not peers)


def rules(policy: Document, direction: str) -> list[Document]:
    """Return the rules of one direction."""
    found: list[Document] = policy.get(direction) or []
    return found


def rule(peers_are: str, peers: list[Document], ports: list[Document]) -> list[Document]:
    """Return the one rule that lets peers reach ports, or be reached at them; for nobody, none."""
    return [{peers_are: peers, "ports": ports}] if peers else []


def test_no_rule_means_everybody_but_to_names(documents: list[Document]) -> None:
    for policy in policies(documents):
        for peers_are, direction in (("from", "ingress"), ("to", "egress")):
            for found in rules(policy, direction):
                assert found.get(peers_are) or found == {"ports": DNS}
                assert found["ports"]


def test_without_being_told_nobody_reaches_a_pod_and_servers_are_reached_anywhere(
    default: list[Document],
) -> None:
    every_pod, api = policies(default)
    assert rules(every_pod, "ingress") == rules(api, "ingress") == []
    (names, servers) = rules(every_pod, "egress")
    assert servers["to"] == [
        {"namespaceSelector": {}},
        {"ipBlock": {"cidr": "0.0.0.0/0"}},
        {"ipBlock": {"cidr": "::/0"}},
    ]
    assert [*names["ports"], *servers["ports"]] == [*DNS, *SERVER_PORTS]


def test_policies_can_be_left_to_others(helm: Helm) -> None:
    assert by_kind(helm.render({"networkPolicy": {"enabled": False}}), "NetworkPolicy") == {}


def notes(helm: Helm, values: dict[str, Any]) -> str:
    """Return what Helm says after an installation."""
    answer = helm.ask("install", "muster", str(CHART), "--dry-run=client", values=values)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.partition("NOTES:")[2]


@pytest.mark.parametrize("lists", EVERY_CHOICE, ids=which)
def test_an_installation_that_nobody_reaches_says_so(helm: Helm, lists: dict[str, Any]) -> None:
    told = notes(helm, {"networkPolicy": lists})
    for name, peers in lists.items():
        assert (f"networkPolicy.{name} is empty" in told) is (peers == [])
    assert "is empty" not in notes(helm, {"networkPolicy": {**lists, "enabled": False}})


def test_an_installation_names_the_console_where_it_is_served(helm: Helm) -> None:
    assert "/console/" in notes(helm, {})
    assert "/console/" in notes(helm, {"settings": {"MUSTER_CONSOLE": "true"}})
    assert "/console/" not in notes(helm, {"settings": {"MUSTER_CONSOLE": "false"}})
    for url in ("https://muster.example.com", "https://muster.example.com/console/"):
        told = notes(helm, {"settings": {"MUSTER_CONSOLE_URL": url}})
        assert "and at https://muster.example.com/console/ in a browser" in told


def commands(text: str) -> Iterator[str]:
    """Yield the lines of the blocks that are commands."""
    for block in text.split("```sh\n")[1:]:
        yield from block.partition("```")[0].replace("\\\n", " ").splitlines()


def test_installed_as_the_page_of_the_chart_says_it_is_reached(helm: Helm) -> None:
    page = (CHART / "README.md").read_text()
    assert "helm install muster deploy/helm/muster --values mine.yaml" in commands(page)
    values = value_in(page.partition("```yaml\n")[2].partition("```")[0])
    every_pod, api = policies(helm.render(values))
    assert rules(every_pod, "ingress")
    assert rules(api, "ingress")
    assert "is empty" not in notes(helm, values)


def test_installed_as_the_first_page_says_providers_reach_it(helm: Helm) -> None:
    page = (CHART.parents[2] / "README.md").read_text()
    (command,) = (line for line in commands(page) if line.startswith("helm install"))
    (given,) = (word for word in command.split("'") if word.startswith("networkPolicy."))
    name, _, peers = given.partition("=")
    assert name == "networkPolicy.providers"
    told = notes(helm, {"networkPolicy": {"providers": value_in(peers)}})
    assert "networkPolicy.providers is empty" not in told
