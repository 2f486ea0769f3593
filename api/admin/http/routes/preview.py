"""Which route previews? It tells what a change would do downstream, and makes none."""

from collections import Counter
from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from api.admin.http.asked import By
from api.admin.http.models import Shown
from api.admin.http.wanted_rules import RulesWanted
from api.admin.preview import WhatIf, preview
from contracts.downstream.preview import EffectKind

router = APIRouter(prefix="/connections/{connection}/preview", tags=["connections"])

EFFECT: dict[str, Any] = {
    "identity": "2819c223",
    "effect": "change",
    "before": {"email": "ada@example.com", "role": "viewer"},
    "after": {"email": "ada@example.com", "role": "editor"},
    "reason": "mapping: Editors",
}
MOST_EFFECTS = 10_000


class ChangeImagined(RulesWanted):
    """An imagined change: choices of rules, people who leave, the connection going live."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"on_deactivate": "remove-employee", "deactivate": ["2819c223"]}]
        }
    )

    deactivate: list[str] = Field(
        [], max_length=1_000, description="Ids, userNames, e-mails or externalIds of leavers."
    )
    go_live: bool = Field(default=False, description="Whether what waits is applied.")
    limit: int = Field(
        1_000, ge=1, le=MOST_EFFECTS, description="The most effects that are listed."
    )


class EffectShown(Shown):
    """A step that would be taken on an account or a device, or refused, or held by the brake."""

    model_config = ConfigDict(json_schema_extra={"examples": [EFFECT]})

    identity: str
    effect: EffectKind
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


class PreviewShown(Shown):
    """The number of effects of each kind, and the first ones of them in their order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"counts": {"change": 1}, "effects": [EFFECT]}]}
    )

    counts: dict[EffectKind, int]
    effects: list[EffectShown]


@router.post("")
async def preview_(connection: str, wanted: ChangeImagined, by: By) -> PreviewShown:
    """Tell what changed rules, leavers or a going live would do, and do nothing.

    Several changes are imagined together, the rules first. Of a paused connection, the effects come
    once it is resumed.
    """
    asked = WhatIf(wanted.choices(), wanted.deactivate, wanted.go_live)
    counts, effects = Counter[EffectKind](), list[EffectShown]()
    async for effect in await preview(by.it, by.actor, connection, asked):
        counts[effect.effect] += 1
        if len(effects) < wanted.limit:
            effects.append(EffectShown.model_validate(effect))
    return PreviewShown(counts=dict(counts), effects=effects)
