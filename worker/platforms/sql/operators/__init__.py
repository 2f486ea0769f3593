"""What is done on the platform by hand? Each kind of object has a module of use cases.

The tests lie in ``tests/integration/worker/platforms/sql/test_inventory.py``, those of histories in
``tests/integration/both_sides/test_people.py``.
"""
