"""Does every file say which question it answers? By its name, and by its first line."""

import re

import pytest

from tests.architecture.source_files import PACKAGES, ROOT, python_files

DOCSTRING = re.compile(r'r?"""(.+?)"""', re.DOTALL)
NAMES_THAT_SAY_NOTHING = {"base", "common", "helper", "helpers", "manager", "util", "utils"}


def test_no_name_could_be_the_name_of_anything() -> None:
    offenders = [
        str(file)
        for file in python_files(*PACKAGES, "tests")
        for part in file.with_suffix("").parts
        if NAMES_THAT_SAY_NOTHING.intersection(part.lower().split("_"))
    ]
    assert offenders == []


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_every_module_opens_with_one_line_of_its_own(package: str) -> None:
    offenders = []
    for file in python_files(package):
        docstring = DOCSTRING.match((ROOT / file).read_text())
        first, _, rest = docstring[1].partition("\n") if docstring else ("", "", "")
        if not first or (rest and not rest.startswith("\n")):
            offenders.append(str(file))
    assert offenders == []
