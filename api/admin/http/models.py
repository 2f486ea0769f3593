"""What are bodies and answers made of? They are two kinds of models, with times in ISO 8601."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from contracts.clock import instant_of


class Shown(BaseModel):
    """A part of an answer, which is read off the fields of a use case's result."""

    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    """The body of a request. A field that is not foreseen is refused by its name."""

    model_config = ConfigDict(extra="forbid")


def with_examples(*examples: Mapping[str, Any]) -> ConfigDict:
    """Return the configuration of a model whose schema shows examples, in JSON's own types."""
    return ConfigDict(json_schema_extra={"examples": [dict(each) for each in examples]})


def _instant(value: object) -> object:
    return instant_of(value) if isinstance(value, int) else value


Time = Annotated[datetime, BeforeValidator(_instant)]
"""A time of an answer, which use cases have in microseconds since the epoch."""
