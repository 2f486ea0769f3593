"""Do the look-ups that every provider makes use an index, and do filters stay small?"""

import pytest
from scim2_models import InvalidFilterException, ScimFilter
from sqlalchemy.dialects import postgresql, sqlite

from api.scim.search.attributes import GROUP_ATTRIBUTES, USER_ATTRIBUTES, Attributes
from api.scim.search.filters import MEMBERSHIP_TERMS, MOST_TERMS, condition_of

LOOK_UPS = [
    (USER_ATTRIBUTES, 'userName eq "Ada"', "users.user_name_key = 'ada'"),
    (USER_ATTRIBUTES, 'externalId eq "Ada"', "users.external_id = 'Ada'"),
    (USER_ATTRIBUTES, 'id eq "1f"', "users.id = '1f'"),
    (GROUP_ATTRIBUTES, 'displayName eq "Weavers"', "groups.display_name_key = 'weavers'"),
]


@pytest.mark.parametrize(("attributes", "text", "sql"), LOOK_UPS)
def test_a_look_up_compares_an_indexed_column(attributes: Attributes, text: str, sql: str) -> None:
    condition = condition_of(ScimFilter(text), attributes)
    for dialect in (sqlite.dialect(), postgresql.dialect()):  # type: ignore[no-untyped-call]
        compiled = condition.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        assert sql in str(compiled)
        assert "json" not in str(compiled).lower()


def test_very_many_terms_are_refused() -> None:
    for term, most in (
        ("id pr", MOST_TERMS),
        ("not (id pr)", MOST_TERMS),
        ("groups pr", MOST_TERMS // MEMBERSHIP_TERMS),
        ('groups[value eq "a" or value eq "b"]', MOST_TERMS // (MEMBERSHIP_TERMS + 1)),
    ):
        condition_of(ScimFilter(" and ".join([term] * most)), USER_ATTRIBUTES)
        with pytest.raises(InvalidFilterException):
            condition_of(ScimFilter(" and ".join([term] * (most + 1))), USER_ATTRIBUTES)
