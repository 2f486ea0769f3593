"""Do only the tolerances, the guides and the documented calls know the names of providers?

Nothing is decided by a provider's name: a tolerance belongs to a form that is sent, and guides and
examples are texts for people.
"""

import re

from tests.architecture.source_files import ROOT, python_files

NAMES = re.compile(
    r"authentik|azure|entra\b|google|jumpcloud|keycloak|microsoft|okta|onelogin|\bping\b|rippling",
    re.IGNORECASE,
)
TABLE = "api/scim/protocol/tolerances/__init__.py"
CALLS = "api/scim/http/openapi/provider_calls.py"
GUIDES = "api/admin/providers/"
SHOW_GUIDES = {
    "api/console/connection_views.py",
    "api/console/rendering.py",
    "deploy/commands/connection_states.py",
    "deploy/commands/provider_forms.py",
}


def test_no_other_module_knows_a_provider() -> None:
    knowing = {
        str(file)
        for file in python_files("api", "worker", "contracts")
        if NAMES.search((ROOT / file).read_text())
    }
    assert {file for file in knowing if not file.startswith(GUIDES)} == {TABLE, CALLS}


def test_guides_are_shown_and_nothing_else_depends_on_them() -> None:
    depending = {
        str(file)
        for file in python_files("api", "worker", "contracts", "deploy")
        if "from api.admin.providers" in (ROOT / file).read_text()
    }
    assert {file for file in depending if not file.startswith(GUIDES)} == SHOW_GUIDES
