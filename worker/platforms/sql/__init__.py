"""How does a platform look that lives in our own tables? Loaded, saved, and worked on by hand.

``tests/conformance/test_platform.py`` holds it to what every platform promises.
"""
