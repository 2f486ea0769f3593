"""What does an operator learn who makes the users of a broker by hand?"""

import json

import pytest

from deploy import cli


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
