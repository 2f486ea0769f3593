"""How are the facts and plans of a batch built? They are values that no code changes.

A frozen dataclass assigns each field by a call, and takes four times as long to build as one that
is not frozen: a tenth of a worker's time for an event. So immutability is checked by mypy alone.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

__all__ = ["value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, **options: Any) -> Any:
        """Return the decorator of a dataclass that is compared and hashed as a frozen one."""
        assert frozen, "other dataclasses need no decorator of their own"
        return dataclass(unsafe_hash=True, **options)
