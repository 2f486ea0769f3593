"""How do connections share one process? Slots bound the share of each, and owners take turns.

The tests lie in ``tests/unit/api/fairness`` and ``tests/integration/api/fairness``.
"""
