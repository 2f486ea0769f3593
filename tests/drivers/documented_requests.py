"""Which requests does an OpenAPI document tell of? A few of each operation, valid and invalid."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok

EXAMPLES = settings(
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Generated:
    """Requests that were made from a document, by the operations that they are sent to."""

    valid: Mapping[str, Sequence[Case[Any]]]
    invalid: Mapping[str, Sequence[Case[Any]]]


def generated_from(document: Mapping[str, Any]) -> Generated:
    """Make requests from an OpenAPI document; an operation that takes nothing has no invalid."""
    valid: dict[str, list[Case[Any]]] = {}
    invalid: dict[str, list[Case[Any]]] = {}
    for result in schemathesis.openapi.from_dict(dict(document)).get_all_operations():
        assert isinstance(result, Ok), result.err()
        operation = result.ok()
        valid[operation.label] = _cases(operation, GenerationMode.POSITIVE)
        invalid[operation.label] = []
        with contextlib.suppress(Unsatisfiable):  # where nothing is taken, nothing is wrong
            invalid[operation.label] = _cases(operation, GenerationMode.NEGATIVE)
    return Generated(valid, invalid)


def _cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Case[Any]]:
    cases: list[Case[Any]] = []

    def keep(case: Case[Any]) -> None:
        cases.append(case)

    EXAMPLES(given(operation.as_strategy(generation_mode=mode))(keep))()
    return cases
