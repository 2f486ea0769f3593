"""How does a version of Muster come about? This code writes its number, and proves that all agree.

It does not run with Muster, and needs packages that are installed for the tests only: ``make
release`` writes the number, ``make release-check`` looks at everything that bears it, and ``make
sbom`` tells what a version is made of. Modules without a test of their own are tested by
``tests/integration/deploy/release/test_release.py``, ``tests/unit/deploy/release/test_bill.py`` and
``tests/end_to_end/test_image.py``.
"""
