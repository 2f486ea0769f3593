"""Which route has the doctor? The route examines the installation, and tells what to change."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.admin.examination import OneExamination, Result, examine_installation
from api.admin.http.asked import By
from api.admin.http.models import Shown, with_examples

router = APIRouter(prefix="/doctor", tags=["doctor"])

FINDING = {
    "about": "public URL",
    "result": "problem",
    "code": "no-https",
    "says": "MUSTER_PUBLIC_URL is no https:// URL.",
    "advice": "put a proxy with TLS in front, and set MUSTER_PUBLIC_URL to its URL",
}


class FindingShown(Shown):
    """A finding about a part of the installation. `code` stays the same between versions."""

    model_config = with_examples(FINDING)

    about: str
    result: Result
    code: str
    says: str
    advice: str | None = Field(description="The change that mends it; null where all is well.")


class ExaminedShown(Shown):
    """Where the installation is, its findings, and the worst of their results."""

    model_config = with_examples(
        {
            "installation": {
                "directory": "db.example.com:5432/muster",
                "downstream": "db.example.com:5432/platform",
                "broker": "mq.example.com:5671",
                "api": "https://scim.example.com",
            },
            "result": "problem",
            "findings": [FINDING],
        }
    )

    installation: dict[str, str]
    result: Result
    findings: list[FindingShown]


def _examination(request: Request) -> OneExamination:
    examination = request.app.state.examination
    assert isinstance(examination, OneExamination)
    return examination


@router.get("")
async def show(
    by: By, examination: Annotated[OneExamination, Depends(_examination)]
) -> ExaminedShown:
    """Tell what is wrong with the installation: settings, databases, broker, public URL.

    Takes an operator. Each finding says what to change. It may take a quarter of a minute; requests
    that come meanwhile share the answer. It looks from the process that serves the request, with
    the settings of that process, and at no ports: `muster doctor` does.
    """
    return ExaminedShown.model_validate(await examine_installation(examination, by.actor))
