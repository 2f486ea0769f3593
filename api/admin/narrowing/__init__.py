"""Narrow lists of people: a filter selects them, and parts tell where the search begins.

The tests lie in ``tests/integration/both_sides/test_narrow_lists.py``, where each list is what a
plain filter over everybody selects.
"""
