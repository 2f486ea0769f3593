"""Is every loss that is held, and every action that is refused, told in a sentence?"""

from typing import Any

import pytest

from api.console.effect_words import LOSSES, REFUSALS, told_loss, told_refusal
from api.directory.brake_limits import Effect
from worker.planning.actions import RefusedAction

CONFLICT = {
    "refused": "provide_account",
    "email": "ada@acme.test",
    "connection": "acme-mdm",
    "held_by": "01b62b87a347",
}


def test_every_loss_and_every_refusal_has_a_sentence() -> None:
    assert set(LOSSES) == set(Effect)
    assert set(REFUSALS) == set(RefusedAction)


@pytest.mark.parametrize(
    ("before", "holder", "told"),
    [
        (
            CONFLICT,
            "ada",
            "No account is created or linked. The address belongs to ada of acme-mdm.",
        ),
        (
            CONFLICT,
            None,
            "No account is created or linked. The address belongs to somebody of acme-mdm.",
        ),
        ({"refused": "change_role", "role": "admin"}, None, "The role stays as it is."),
        (
            {"refused": "deactivate", "policy": "Lost"},
            None,
            "The leaving is not carried out. There is no policy “Lost”.",
        ),
        ({"refused": "stand_still"}, None, "Stand still."),
    ],
    ids=["named", "unknown", "role", "policy", "another version"],
)
def test_a_refusal_is_told_without_ids(
    before: dict[str, Any], holder: str | None, told: str
) -> None:
    assert told_refusal(before, holder) == told


def test_a_loss_that_is_held_is_told() -> None:
    assert told_loss({"held": "admin-role", "email": "a"}) == "The loss of the Admin role is held."
    assert told_loss({"held": "badge"}) == "Badge."
