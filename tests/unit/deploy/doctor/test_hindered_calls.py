"""Which problems keep the doctor from calling with a token, and which say nothing of the calls?"""

from typing import Any

import pytest

from deploy.doctor.findings import problem, warning
from deploy.doctor.first_calls import hinders_calls
from deploy.doctor.settings_verdicts import settings_verdicts
from deploy.settings import Reading, Settings


def hindered(invalid: dict[str, str] | None = None, **settings: Any) -> bool:
    """Return whether the verdicts on some settings keep the doctor from the calls."""
    reading = Reading(Settings(**settings), [], invalid or {})
    return hinders_calls(reading, settings_verdicts(reading))


@pytest.mark.parametrize(
    "settings",
    [{}, {"admin_token": "secret" * 6}, {"port": 9000, "metrics_port": 9000}],
    ids=["none", "weak-token", "same-port"],
)
def test_a_problem_of_something_else_hinders_no_call(settings: dict[str, Any]) -> None:
    assert not hindered(**settings)


def test_a_value_that_is_not_understood_hinders_where_the_calls_need_it() -> None:
    assert hindered({"public_url": "public_url: it takes a URL"})
    assert not hindered({"broker_url": "broker_url: it takes a URL"})


@pytest.mark.parametrize(
    "url", ["http://0.0.0.0:8000", "http://scim.example.com", "https://a.example/scim/v2"]
)
def test_a_public_url_that_no_provider_can_call_hinders(url: str) -> None:
    assert hindered(public_url=url)


@pytest.mark.parametrize("about", ["directory", "public URL"])
def test_only_problems_of_what_is_called_hinder(about: str) -> None:
    reading = Reading(Settings(), [], {})
    assert hinders_calls(reading, [problem(about, "x", "It is away.", "mend it")])
    assert not hinders_calls(reading, [warning(about, "x", "It is slow.", "mend it")])
    assert not hinders_calls(reading, [problem("broker", "x", "It is away.", "mend it")])
