"""What do operators do on the platform by hand? Each kind of object has a module of use cases.

``tests/integration/worker/platforms/sql/test_inventory.py`` tests the modules by ``Inventory``.
"""
