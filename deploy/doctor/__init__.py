"""What is wrong with an installation? Each check looks at one thing, and a pure verdict judges it.

A module whose name ends with ``verdicts`` judges what the module of the same subject has seen.
Nothing is made or changed here, but for a token that is asked for by the name of its connection,
and ended again.

The tests lie in ``tests/unit/deploy/doctor`` and ``tests/integration/deploy/doctor``.
"""
