"""Can a program tell errors apart? Each has a code, whichever side it comes from."""

from collections.abc import Iterator

import pytest

import worker.errors
from api.admin.http import errors as of_http
from api.admin.remedies import REMEDIES
from api.console import errors as of_console
from api.errors import ApiError
from contracts.downstream.errors import DownstreamError

ROOTS = {ApiError, DownstreamError, worker.errors.WorkerError}


Named = type[ApiError] | type[DownstreamError]


def errors_below(root: Named) -> Iterator[Named]:
    for error in root.__subclasses__():
        yield error
        yield from errors_below(error)


ERRORS = sorted({*errors_below(ApiError), *errors_below(DownstreamError)} - ROOTS, key=str)
STATUSES = {400, 403, 404, 409, 503}
OF_HTTP_ALONE = {401, 405, 408, 413, 414, 422, 500}


@pytest.mark.parametrize("error", ERRORS, ids=lambda it: f"{it.__module__}.{it.__name__}")
def test_the_code_of_an_error_is_its_own_and_says_what_its_name_says(
    error: type[ApiError] | type[DownstreamError],
) -> None:
    assert "code" in vars(error)
    assert error.code.replace("_", "") == error.__name__.lower()
    is_of_http = error.__module__ in {of_http.__name__, of_console.__name__}
    assert error.status in (STATUSES | OF_HTTP_ALONE if is_of_http else STATUSES)


def test_every_code_has_a_remedy_and_no_remedy_is_left_without_its_code() -> None:
    assert {error.code for error in ERRORS} == set(REMEDIES)


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_a_remedy_is_a_sentence(code: str) -> None:
    assert REMEDIES[code][0].isupper()
    assert REMEDIES[code].endswith(".")
