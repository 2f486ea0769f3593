"""What happens downstream when an identity changes? Pure functions decide it from facts.

``plan`` decides, with ``roles``, ``assert_attributes`` and ``plan_builder``. It reads ``facts`` and
orders ``actions``; ``obstacles`` name what a refused action waits for, and ``effects`` tell a plan
to people. ``outdated`` in ``actions`` tells whether an event is stale or a duplicate.

The tests lie in ``tests/unit/worker/planning`` and ``tests/convergence``.
"""
