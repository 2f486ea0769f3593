"""How is a thing done once in a while for each of many keys? A bounded memory has the times."""

from collections import OrderedDict

MOST_REMEMBERED = 10_000


class Seldom:
    """Allows something for each key once in so many microseconds.

    Of more keys than are remembered, the key allowed longest ago is forgotten.
    """

    def __init__(self, every: int, most: int = MOST_REMEMBERED) -> None:
        self._every = every
        self._most = most
        self._last: OrderedDict[str, int] = OrderedDict()

    def is_due(self, key: str, now: int) -> bool:
        """Return whether it is due for a key, and if so, note that it is done now."""
        last = self._last.get(key)
        if last is not None and 0 <= now - last < self._every:
            return False
        self._last[key] = now
        self._last.move_to_end(key)
        if len(self._last) > self._most:
            self._last.popitem(last=False)
        return True
