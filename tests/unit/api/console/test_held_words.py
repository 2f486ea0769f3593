"""Does a message tell what an approval does, and not more?"""

from api.admin.foresee_held import ForeseenLoss
from api.console.held_words import approved
from api.directory.brake_limits import Effect
from contracts.rules import LeaveAlone, RemoveCollaborator

LEAVES = ForeseenLoss(Effect.DEACTIVATION, RemoveCollaborator(), 2)


def test_an_approval_without_loss_announces_none() -> None:
    told = approved(1, [ForeseenLoss(Effect.DEACTIVATION, LeaveAlone(), 1)])
    assert told == (
        "Approved: 1 person. Account and devices stay as they are, and so does the access."
    )


def test_one_loss_of_two_effects_is_told_once() -> None:
    told = approved(5, [LEAVES, ForeseenLoss(Effect.DEVICE, RemoveCollaborator(), 3)])
    assert told.startswith("Approved: 5 people. The collaborator leaves the Dashboard")


def test_several_losses_are_told_with_their_numbers() -> None:
    told = approved(3, [LEAVES, ForeseenLoss(Effect.ADMIN_ROLE, None, 1)])
    assert "2 people: The collaborator leaves the Dashboard" in told
    assert told.endswith("1 person: The collaborator is an Admin no more.")
