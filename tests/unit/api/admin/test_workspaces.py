"""Which of the workspaces does a name mean?"""

import pytest

from api.admin.workspaces import meant_by
from api.errors import AmbiguousWorkspace

NAMES = ["Demo", "demo", "Zoë GmbH"]


@pytest.mark.parametrize("text", ["Zoë GmbH", "zoë gmbh", "ZOË GMBH", " Zoe\u0308 GmbH\u200b"])
def test_a_name_is_found_in_any_case_and_form_with_or_without_blanks(text: str) -> None:
    assert meant_by(text, NAMES) == "Zoë GmbH"


@pytest.mark.parametrize("text", ["Zoe GmbH", "Zoë", "", "acme"])
def test_another_name_means_none_of_them(text: str) -> None:
    assert meant_by(text, NAMES) is None


def test_of_two_that_differ_in_case_each_is_found_by_its_exact_name() -> None:
    assert [meant_by(name, NAMES) for name in ("Demo", "demo")] == ["Demo", "demo"]
    with pytest.raises(AmbiguousWorkspace, match="'DEMO' may be any of 'Demo', 'demo'"):
        meant_by("DEMO", NAMES)
