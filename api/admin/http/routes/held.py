"""Which routes have people who are held by a brake? They are listed, and decided on."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, WithJsonSchema

from api.admin.held import approve_held, list_held, reject_held
from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, Time, with_examples
from api.admin.http.paging import Paged, PageOf
from api.directory.brake_limits import Effect
from api.outbox.held_losses import HeldLoss
from contracts.downstream.pages import Key, Page

router = APIRouter(prefix="/connections/{connection}/held", tags=["held"])

HELD = {"identity": "2819c223", "effect": "deactivation", "since": "2026-11-26T20:00:00Z"}

MOST = 1_000
"""Identities that one request names."""


def _all_or_some(value: object) -> object:
    """Return None for ``all``: two types in a union would have an error each, and no single field.

    :raises ValueError: when the value is neither ``all`` nor a list.
    """
    if value == "all":
        return None
    if not isinstance(value, list) or not value:
        raise ValueError('Input should be "all", or a list of identities')
    return value


Identities = Annotated[
    Annotated[list[str], Field(max_length=MOST)] | None,
    BeforeValidator(_all_or_some),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "all", "type": "string"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST},
            ]
        }
    ),
]


class HeldShown(Shown):
    """A person who is held, and by which effect: `deactivation`, `admin-role` or `device`."""

    model_config = with_examples(HELD)

    identity: str
    effect: Effect
    since: Time


class Decision(Body):
    """On whom is decided: on everybody who is held at the beginning, or on some identities."""

    model_config = with_examples({"identities": "all"})

    identities: Identities


class ApprovedShown(Shown):
    """How many people leave, or lose the role."""

    model_config = with_examples({"approved": 3})

    approved: int


class RejectedShown(Shown):
    """How many people stay as they are."""

    model_config = with_examples({"rejected": 3})

    rejected: int


@router.get("")
async def list_(connection: str, by: By, paging: Paged) -> PageOf[HeldShown]:
    """List the people who are held by the brake, effect by effect, the longest held first.

    They keep access or role until somebody decides: nothing is released by itself.
    """
    after = None if paging.after is None else _loss_at(paging.after)
    found = await list_held(by.it, by.actor, connection, after=after, most=paging.most + 1)
    page = Page.of([(loss, _key_of(loss)) for loss in found], paging.most)
    return paging.shown(page, HeldShown.model_validate)


@router.post("/approve")
async def approve(connection: str, wanted: Decision, by: By) -> ApprovedShown:
    """Let people leave, or lose the Admin role, who are held; that counts for no brake.

    People who are named may have been rejected before.
    """
    return ApprovedShown(
        approved=await approve_held(by.it, by.actor, connection, wanted.identities)
    )


@router.post("/reject")
async def reject(connection: str, wanted: Decision, by: By) -> RejectedShown:
    """Keep people as they are, until the provider activates them, or gives the role, once more."""
    return RejectedShown(rejected=await reject_held(by.it, by.actor, connection, wanted.identities))


def _key_of(loss: HeldLoss) -> Key:
    return loss.effect, loss.since, loss.identity


def _loss_at(key: Key) -> HeldLoss:
    effect, since, identity = key
    return HeldLoss(str(identity), Effect(str(effect)), int(since))
