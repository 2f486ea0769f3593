"""Why has a person this account, this role, these devices? Tables tell facts, rule and a change.

The tests lie in ``tests/integration/both_sides/test_why.py``, where each change that is suggested
is made, and alters the answer.
"""
