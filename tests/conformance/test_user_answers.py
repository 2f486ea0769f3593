"""Is a user shown from what is stored exactly as the library would show it from a model?"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json
from scim2_models import Context

from api.scim.http.responses import as_http
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.ready_json import ReadyJson
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.search.stored_documents import document_of
from api.scim.users.answers import UserAnswers
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser
from tests.conformance.scim_directories import ATTRIBUTES, BASE_URL, WORDS, resources
from tests.drivers.examples import examples

PROVIDER = scim_provider(Limits())
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="nobody's")
USER_TYPE = PROVIDER.resource_types[0]
ANSWERS = UserAnswers(SERVICE, BASE_URL)

TOPS = sorted({each.top for each in ATTRIBUTES[ScimUser]} - {"id", "meta", "groups", "schemas"})
GROUPS = st.lists(
    st.fixed_dictionaries({"value": st.sampled_from(["a" * 32, "b" * 32])}).flatmap(
        lambda group: st.sampled_from(WORDS).map(lambda name: group | {"display": name})
    ),
    max_size=2,
)


def stored(document: Any, groups: Any = ()) -> StoredUser:
    with PROVIDER:
        user = ScimUser.model_validate(
            document | {"userName": "ada"}, scim_ctx=Context.RESOURCE_CREATION_REQUEST
        )
        text = to_json(document_of(user)).decode()
    times = 1_700_000_000_000_001, 1_700_000_001_000_000
    return StoredUser("acme", "c" * 32, text, *times, revision=7, groups=groups)


def both(user: StoredUser, query: dict[str, str]) -> tuple[Any, Any]:
    """Return the answer from what is stored, and that from a model."""
    with PROVIDER:
        parameters = SERVICE.read_response_parameters(USER_TYPE, query)
        ours = ANSWERS.one(user, parameters)
        model = SERVICE.resource_response(
            SERVICE.publish(BASE_URL, user_of(user)), Context.RESOURCE_QUERY_RESPONSE, parameters
        )
    assert ours.headers == model.headers
    return json.loads(bytes(as_http(ours).body)), json.loads(json.dumps(model.body))


@settings(max_examples=examples(300), deadline=None)
@given(st.data(), GROUPS)
def test_whatever_is_stored_is_shown_as_from_a_model(data: st.DataObject, groups: Any) -> None:
    focus = data.draw(st.lists(st.sampled_from(TOPS), min_size=1, max_size=3, unique=True))
    documents = data.draw(resources(ScimUser, focus, st.sampled_from(WORDS)))
    for document in documents:
        document.pop("name_suffix")
        ours, model = both(stored(document, groups), {})
        assert ours == model


@pytest.mark.parametrize(
    "query", [{"attributes": "userName,groups.display"}, {"excludedAttributes": "groups,meta"}]
)
def test_a_part_of_a_user_is_shown_as_from_a_model(query: dict[str, str]) -> None:
    ours, model = both(stored({"title": "Weaver"}, [{"value": "a" * 32, "display": "W"}]), query)
    assert ours == model
    assert "title" not in ours or "groups" not in ours


def test_who_refers_to_nobody_is_not_made_into_a_model() -> None:
    with PROVIDER:
        parameters = SERVICE.read_response_parameters(USER_TYPE, {})
        assert isinstance(ANSWERS.one(stored({"title": "Weaver"}), parameters).body, ReadyJson)
