"""Is a brake told in words, and does a form give it back as it is?"""

import pytest

from api.console.brake_forms import brake_in, fields_of, told_brake, told_limit
from api.console.forms import Form
from api.console.rendering import _environment
from api.directory.brake_limits import BrakeLimit, limit_in
from tests.readings.html_pages import read_html


@pytest.mark.parametrize("brake", ["50:10", "0:0", "1200:0", "7:100", "off"])
@pytest.mark.parametrize("macro", ["brake_fields", "brake_hidden"])
def test_a_form_that_nobody_touches_keeps_the_brake(macro: str, brake: str) -> None:
    drawn = getattr(_environment().get_template("rules_fields.html").module, macro)
    [form] = read_html(f"<form>{drawn(fields_of(brake))}<button></button></form>").forms
    assert brake_in(Form(form.fields)).brake == brake


def test_a_brake_that_is_off_offers_the_standard_limit() -> None:
    fields = fields_of("off")
    assert (fields.is_on, fields.number, fields.share) == (False, "50", "10")


@pytest.mark.parametrize(
    ("brake", "told"),
    [
        ("1:0", "Up to 1 person an hour may leave."),
        ("1200:5", "Up to 1,200 people an hour, or 5\N{NO-BREAK SPACE}% of all if that is more,"),
        ("off", "Off: however many people"),
    ],
)
def test_a_brake_is_told_in_a_sentence(brake: str, told: str) -> None:
    assert told_brake(brake).startswith(told)


def test_a_limit_is_told_in_few_words() -> None:
    assert told_limit(BrakeLimit(20, 0)) == "20 people an hour"
    assert told_limit(limit_in("off")) == "Off"
