"""Is a connection that others can take over told as such, and a refused one with its remedy?"""

from pathlib import Path

import pytest

from contracts.secure_connections import problems
from contracts.secure_connections.tls import Tls, Verification
from contracts.servers import Server
from deploy.doctor.security_verdicts import refused_verdict, secured, security_verdicts

FAR, HERE = Server("db.example.com", 5432), Server("127.0.0.1", 5432)


@pytest.mark.parametrize(
    ("tls", "codes"),
    [
        (None, ["unverified-server"]),
        (Tls(Verification.NOTHING), ["unverified-server"]),
        (Tls(Verification.AUTHORITY), ["unverified-name"]),
        (Tls(Verification.AUTHORITY, Path("/ca.crt")), []),
        (Tls(Verification.NAME), []),
    ],
)
def test_a_connection_over_a_network_has_to_verify_its_server(
    tls: Tls | None, codes: list[str]
) -> None:
    found = security_verdicts("directory", "M", [HERE, FAR], tls)
    assert [it.code for it in found] == codes
    assert security_verdicts("directory", "M", [HERE], tls) == []
    assert security_verdicts("directory", "M", [], tls) == []


def test_each_way_to_secure_a_connection_has_words_of_its_own() -> None:
    ways = [None, *(Tls(it) for it in Verification)]
    assert len({secured(tls) for tls in ways}) == len(ways)


@pytest.mark.parametrize("kind", problems.ConnectionProblem.__subclasses__())
def test_every_problem_of_a_connection_has_a_code_and_an_advice(
    kind: type[problems.ConnectionProblem],
) -> None:
    found = refused_verdict("broker", "MUSTER_BROKER_URL", kind("no password at /x"))
    assert found.code
    assert found.advice
    assert "no password at /x" in found.says
