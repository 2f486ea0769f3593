"""Can a program tell errors apart? Each has a code, whichever side it comes from."""

from collections.abc import Iterator

import pytest

import worker.errors
from api.errors import ApiError
from contracts.downstream.errors import DownstreamError

ROOTS = {ApiError, DownstreamError, worker.errors.WorkerError}


def errors_below(root: type[Exception]) -> Iterator[type[Exception]]:
    for error in root.__subclasses__():
        yield error
        yield from errors_below(error)


ERRORS = sorted({*errors_below(ApiError), *errors_below(DownstreamError)} - ROOTS, key=str)


@pytest.mark.parametrize("error", ERRORS, ids=lambda it: f"{it.__module__}.{it.__name__}")
def test_the_code_of_an_error_is_its_own_and_says_what_its_name_says(
    error: type[ApiError] | type[DownstreamError],
) -> None:
    assert "code" in vars(error)
    assert error.code.replace("_", "") == error.__name__.lower()
    assert error.status in {400, 403, 404, 409, 503}
