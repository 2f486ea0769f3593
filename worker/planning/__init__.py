"""What happens downstream when an identity changes? Pure functions decide it from facts.

``plan`` decides, with ``roles``, ``assert_attributes`` and ``plan_builder``. ``facts`` are read by
it, ``actions`` can be ordered by it, ``obstacles`` name what a refused action waits for, and
``effects`` tell a plan to people. Whether an event is stale or a duplicate says ``outdated`` in
``actions``.

The tests lie in ``tests/unit/worker/planning`` and ``tests/convergence``.
"""
