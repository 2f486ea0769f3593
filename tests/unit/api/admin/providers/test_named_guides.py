"""Has every provider a guide that leads to a connection, and is each found by its name?"""

import pytest

from api.admin.providers.guides import Given
from api.admin.providers.named_guides import GUIDES, Provider, provider_named


def test_every_provider_has_a_guide_of_its_own_name() -> None:
    assert set(GUIDES) == set(Provider)
    assert len({guide.name for guide in GUIDES.values()}) == len(Provider)


@pytest.mark.parametrize("provider", Provider)
def test_a_guide_asks_for_the_base_url_and_the_token(provider: Provider) -> None:
    asked = {
        field.value
        for step in GUIDES[provider].steps
        for part in step.parts
        if isinstance(part, tuple)
        for field in part
    }
    assert {Given.BASE_URL, Given.TOKEN} <= asked


@pytest.mark.parametrize("provider", Provider)
def test_hints_are_sentences_whose_stop_is_set_where_they_are_shown(provider: Provider) -> None:
    hints = [
        field.hint
        for step in GUIDES[provider].steps
        for part in step.parts
        if isinstance(part, tuple)
        for field in part
        if field.hint
    ]
    assert [hint for hint in hints if hint.endswith(".") or not hint[0].isupper()] == []


def test_a_provider_is_found_by_its_word_alone() -> None:
    assert provider_named("okta") is Provider.OKTA
    assert provider_named("Okta") is provider_named("") is None
