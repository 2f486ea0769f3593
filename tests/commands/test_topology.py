"""What does an operator learn who makes the users of a broker by hand?"""

import json
import shlex
from dataclasses import astuple

import pytest

from contracts.topology import Topology
from deploy import cli
from deploy.broker.users import broker_users


def test_the_users_of_a_broker_are_shown_with_rights_under_the_prefix_that_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUSTER_BROKER_PREFIX", "eu.muster")
    assert cli.run(["topology", "users", "--json"]) == 0
    *_, consumer = json.loads(capsys.readouterr().out)
    own = "^eu\\.muster\\.consumer\\."
    assert consumer == {
        "name": "muster-consumer",
        "configure": own,
        "write": own,
        "read": f"{own}|^(eu\\.muster\\.identities)$",
    }


@pytest.mark.parametrize(
    ("url", "virtual_host"), [(None, "/"), ("amqp://u:p@mq/", "/"), ("amqp://u:p@mq/a%2Fb", "a/b")]
)
def test_the_script_that_makes_the_users_gives_them_their_rights(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    url: str | None,
    virtual_host: str,
) -> None:
    if url:
        monkeypatch.setenv("MUSTER_BROKER_URL", url)
    assert cli.run(["topology", "users", "--rabbitmqctl"]) == 0
    words = [shlex.split(line) for line in capsys.readouterr().out.splitlines()]
    users = broker_users(Topology())
    assert words[::2] == [["rabbitmqctl", "add_user", it.name] for it in users]
    assert words[1::2] == [
        ["rabbitmqctl", "set_permissions", "--vhost", virtual_host, *astuple(it)] for it in users
    ]
