"""Where are accounts and devices kept? A platform keeps them, and each folder adapts a platform.

The tests lie in ``tests/conformance/test_platform.py``.
"""
