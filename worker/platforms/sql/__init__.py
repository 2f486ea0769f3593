"""How does Muster serve as its own platform? The worker's tables keep accounts and devices.

``tests/conformance/test_platform.py`` holds this adapter to the port of every platform.
"""
