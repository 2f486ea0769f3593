"""Which route answers why? It tells what decides on a person's account, role and devices."""

from typing import Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from api.admin.http.asked import By
from api.admin.http.models import Shown
from api.admin.http.routes.people import Person
from api.admin.why.answers import Aspect
from api.admin.why.explain import explain

router = APIRouter(tags=["people"])

ANSWER: dict[str, Any] = {
    "aspect": "account",
    "value": None,
    "because": [
        {"fact": "state", "value": "applied"},
        {"fact": "active", "value": True},
        {"fact": "email", "value": "ada@example.com"},
        {"fact": "on_create", "value": "nothing"},
    ],
    "rule": "creation: nothing",
    "change": {
        "do": "change-rules",
        "connection": "acme-store",
        "on_create": "create-employee",
    },
}


class FactShown(Shown):
    """Something that is known of a person."""

    fact: str
    value: Any


class AnswerShown(Shown):
    """Why an aspect of a person is as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [ANSWER]})

    aspect: Aspect
    value: Any = Field(description="The account's e-mail, the role, or the devices.")
    because: list[FactShown]
    rule: str = Field(description="The rule that decides on the facts.")
    change: dict[str, Any] | None = Field(
        description="The smallest change that would alter the value: a step (`do`) with its"
        " objects, and `then` the next one."
    )


class ReasonsShown(Shown):
    """Why a person has account, role and devices, or has not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"connection": "acme-store", "identity": "2819c223", "answers": [ANSWER]}]
        }
    )

    connection: str
    identity: str
    answers: list[AnswerShown]


@router.get("/connections/{connection}/people/{person}/why")
async def why(connection: str, person: Person, by: By) -> ReasonsShown:
    """Tell why a person has this account, role and devices, and what would change it."""
    identity, answers = await explain(by.it, by.actor, connection, person)
    told = [AnswerShown.model_validate(answer.document) for answer in answers]
    return ReasonsShown(connection=connection, identity=identity, answers=told)
