"""How are groups served and stored? A request passes bodies, writes, store and statements.

The tests lie in ``tests/conformance/test_group_patches.py``,
``tests/conformance/test_group_slices.py`` and ``tests/identity_providers``.
"""
