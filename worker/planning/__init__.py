"""What happens downstream when an identity changes? Pure functions decide it from facts.

The tests lie in ``tests/unit/worker/planning`` and ``tests/convergence``.
"""
