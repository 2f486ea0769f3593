"""What does a new portal have to name? Everything that is listed here, for each portal."""

from typing import Any, get_args

import pytest

from contracts.identity_changed import TERMS
from contracts.portals import PORTALS
from contracts.rules import DEACTIVATION_ACTION, RULES, DeactivationAction, Portal


def _options(field: str, portal: Portal) -> list[type[Any]]:
    return list(get_args(PORTALS[portal].rules.model_fields[field].annotation))


@pytest.mark.parametrize("portal", Portal)
def test_a_portal_has_a_row_of_features_with_rules_of_its_own(portal: Portal) -> None:
    assert PORTALS[portal].rules().portal is portal


@pytest.mark.parametrize("portal", Portal)
def test_rules_of_a_portal_can_be_read_and_do_nothing_unless_told(portal: Portal) -> None:
    rules = RULES.validate_python({"portal": portal})
    assert type(rules) is PORTALS[portal].rules
    assert (rules.on_create.do, rules.on_deactivate.do) == ("nothing", "nothing")


@pytest.mark.parametrize("portal", Portal)
def test_an_event_has_terms_for_every_creation_and_deactivation_of_a_portal(portal: Portal) -> None:
    example = {"role": "viewer", "policy": "Standard"}
    for creation in PORTALS[portal].creations:
        for deactivation in PORTALS[portal].deactivations:
            terms = TERMS.validate_python(
                {
                    "portal": portal,
                    "on_create": {"do": creation, **example},
                    "deactivation": {"do": deactivation, **example},
                }
            )
            assert terms.portal is portal
            assert (terms.on_create.do, terms.deactivation.do) == (creation, deactivation)


@pytest.mark.parametrize("portal", Portal)
def test_a_deactivation_of_a_portal_can_be_kept_until_it_is_applied(portal: Portal) -> None:
    for option in _options("on_deactivate", portal):
        assert option in get_args(DeactivationAction)
        given = {"do": option.model_fields["do"].default, "policy": "Standard"}
        assert type(DEACTIVATION_ACTION.validate_python(given)) is option


@pytest.mark.parametrize("portal", Portal)
def test_the_words_of_a_portal_are_its_options_with_nothing_first(portal: Portal) -> None:
    features = PORTALS[portal]
    assert features.creations[0] == features.deactivations[0] == "nothing"
    assert len(set(features.creations)) == len(_options("on_create", portal))
    assert len(set(features.deactivations)) == len(_options("on_deactivate", portal))


@pytest.mark.parametrize("portal", Portal)
def test_a_workspace_keeps_an_admin_only_where_accounts_have_roles(portal: Portal) -> None:
    assert PORTALS[portal].has_roles or not PORTALS[portal].counts_admins
