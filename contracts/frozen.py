"""How are the values of the contract built? Values are immutable and drop unknown fields."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value.

    Unknown fields are dropped: events evolve by addition, and an older worker has to read the
    events of a newer api.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
