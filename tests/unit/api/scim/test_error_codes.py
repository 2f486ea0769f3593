"""Has each error that the ingress can answer a code, and each code a remedy?"""

from collections.abc import Iterator
from inspect import signature

import pytest
import scim2_models
import scim2_server.errors
from scim2_models import Error, SCIMException

import api.app  # all modules of the ingress, with all their errors
from api.requests.masking import shown_detail
from api.requests.remedies import REMEDIES, remedy_of
from api.scim.error_codes import CODES, code_of, refusal_of
from api.scim.errors import Retryable

LOADED = (scim2_models, scim2_server.errors, api.app)


def below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from below(each)


EVERY = sorted(
    {*below(SCIMException)} - {Retryable}, key=lambda it: f"{it.__module__}.{it.__qualname__}"
)


@pytest.mark.parametrize("kind", EVERY, ids=lambda it: it.__name__)
def test_every_error_of_the_ingress_has_a_code_of_its_own_with_a_remedy(
    kind: type[Exception],
) -> None:
    assert kind in CODES
    remedy = REMEDIES[code_of(kind)]
    assert remedy[0].isupper()
    assert remedy.endswith(".")


def test_every_remedy_is_of_an_error_that_there_is() -> None:
    assert REMEDIES.keys() == set(CODES.values())
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 501])
def test_an_error_that_is_read_from_a_body_has_the_code_of_its_status(status: int) -> None:
    error = SCIMException.from_error(Error(status=status, detail="x"))
    assert remedy_of(code_of(type(error))) is not None


@pytest.mark.parametrize(
    "kind",
    [
        it
        for it in EVERY
        if all(
            p.default is not p.empty
            for p in signature(it).parameters.values()
            if p.kind is not p.VAR_KEYWORD
        )
    ],
    ids=lambda it: it.__name__,
)
def test_the_detail_that_an_error_has_by_itself_is_shown_whole(kind: type[Exception]) -> None:
    detail = refusal_of(kind()).detail
    assert shown_detail(detail) == detail


def test_an_unknown_error_tells_nothing_of_its_text() -> None:
    refusal = refusal_of(ValueError("ada@acme.test"))
    assert (refusal.code, refusal.detail) == ("internal_error", "Internal server error")
    assert remedy_of(None) is None
    assert remedy_of("of_a_later_version") is None
