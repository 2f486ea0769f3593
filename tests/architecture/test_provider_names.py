"""Does only the table of tolerances know the names of identity providers?"""

import re

from tests.architecture.source_files import ROOT, python_files

NAMES = re.compile(
    r"authentik|azure|entra\b|google|jumpcloud|keycloak|microsoft|okta|onelogin|\bping\b|rippling",
    re.IGNORECASE,
)
TABLE = "api/scim/protocol/tolerances/__init__.py"


def test_no_other_module_knows_a_provider() -> None:
    knowing = {
        str(file)
        for file in python_files("api", "worker", "contracts")
        if NAMES.search((ROOT / file).read_text())
    }
    assert knowing == {TABLE}
