"""How are the values of the contract built? Immutable, and deaf to fields of later versions."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value.

    Fields it does not know are dropped: events evolve by addition, and an older worker has to
    read what a newer api sends.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
