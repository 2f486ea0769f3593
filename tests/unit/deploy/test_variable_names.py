"""Which variables are refused as unknown, and with which words?"""

import pytest

from deploy.settings import Settings
from deploy.variable_names import complaints_about

SETTINGS = Settings.model_fields


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("MUSTER_POTR", "MUSTER_PORT"),
        ("MUSTER_ADMINPORT", "MUSTER_ADMIN_PORT"),
        ("MUSTER_DIRECTORY_DATABASE", "MUSTER_DIRECTORY_DATABASE_URL"),
        ("MUSTER_LOGLEVEL", "MUSTER_LOG_LEVEL"),
        ("muster_broker", "MUSTER_BROKER_URL"),
    ],
)
def test_a_slip_is_told_the_nearest_setting(variable: str, meant: str) -> None:
    [complaint] = complaints_about([variable], SETTINGS)
    assert complaint == f"{variable} is no setting: did you mean {meant}?"


def test_what_is_near_to_nothing_is_told_where_the_settings_are() -> None:
    [complaint] = complaints_about(["MUSTER_XYZZY_1234567"], SETTINGS)
    assert complaint == "MUSTER_XYZZY_1234567 is no setting: README.md lists the settings"


def test_all_of_them_are_named_in_order() -> None:
    complaints = complaints_about(["MUSTER_Q", "MUSTER_PORT", "MUSTER_B"], SETTINGS)
    assert [complaint.split()[0] for complaint in complaints] == ["MUSTER_B", "MUSTER_Q"]


@pytest.mark.parametrize(
    "variable",
    [
        *("PATH", "MUSTERED", "MUSTER", "MUSTER_PORT", "muster_port", "MUSTER_ADMIN_HOST"),
        *("MUSTER_TEST_POSTGRES_URL", "MUSTER_IMAGE", "MUSTER_RELAY_PASSWORD"),
    ],
)
def test_settings_and_variables_of_others_are_left_alone(variable: str) -> None:
    assert complaints_about([variable], SETTINGS) == []
