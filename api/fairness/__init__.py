"""How do connections share one process? By slots and turns; and many processes share their rates.

The tests lie in ``tests/unit/api/fairness`` and ``tests/integration/api/fairness``.
"""
