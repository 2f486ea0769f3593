"""Is every step of a change told, so that it can be pasted or passed on?"""

from typing import Any

import pytest

from api.admin.why.answers import Do, Step
from deploy.commands.step_texts import TEXTS, told_step

PERSON = {"connection": "acme-store", "identity": "2819c223"}

TOLD: list[tuple[Do, dict[str, Any], str]] = [
    (Do.RESYNC, PERSON, "muster resync acme-store --identity 2819c223"),
    (Do.APPROVE, PERSON, "muster held approve acme-store --identity 2819c223"),
    (Do.UNLOCK, PERSON, "muster people unlock acme-store 2819c223"),
    (
        Do.CHANGE_RULES,
        {"connection": "acme", "role_map": ["IT team=admin", "A=viewer"]},
        "muster connections change acme --map-role 'IT team=admin' --map-role A=viewer",
    ),
    (
        Do.RELEASE_ACCOUNT,
        {"workspace": "Acme Inc", "portal": "dashboard", "email": "ada@acme.test"},
        "muster accounts release 'Acme Inc' dashboard ada@acme.test",
    ),
    (
        Do.ASSIGN_DEVICE,
        {"workspace": "acme", "serial": None, "email": None},
        "muster devices assign acme SERIAL EMAIL",
    ),
    (
        Do.ADD_DEVICE,
        {"workspace": "acme", "serial": "S-1", "email": "ada@acme.test"},
        "muster devices add acme S-1 --assigned-to ada@acme.test",
    ),
    (
        Do.LEAVE_GROUPS,
        PERSON | {"groups": ["IT"], "roles": ["boss"]},
        "the provider takes the group 'IT' and the SCIM role 'boss' from the user",
    ),
    (Do.DELETE_USER, PERSON, "the provider of acme-store deletes the user 2819c223"),
]


@pytest.mark.parametrize(("do", "to", "text"), TOLD)
def test_a_step_is_told_as_what_is_to_be_done(do: Do, to: dict[str, Any], text: str) -> None:
    assert told_step(Step(do, to)) == text


def test_every_kind_of_step_is_told() -> None:
    assert set(TEXTS) == set(Do)
