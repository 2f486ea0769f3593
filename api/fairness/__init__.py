"""How do connections share a process? They take turns at slots; processes share their rates.

A request without a slot (``slots.NoSlot``) and a request beyond a rate are both answered 429: the
first by ``api/scim/errors.py``, the other by ``api/scim/http/beyond_rate.py``.

The tests lie in ``tests/unit/api/fairness`` and ``tests/integration/api/fairness``.
"""
