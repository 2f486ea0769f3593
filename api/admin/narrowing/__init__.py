"""Narrow lists of people: what is wanted of a list, and where looking for it begins.

The tests lie in ``tests/integration/both_sides/test_narrow_lists.py``, where each list is what a
plain filter over everybody selects.
"""
