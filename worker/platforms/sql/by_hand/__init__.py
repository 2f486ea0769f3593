"""What do operators do on the platform by hand? Each kind of thing has a module of its own.

``tests/integration/worker/platforms/sql/test_inventory.py`` tests them, through ``Inventory``.
"""
