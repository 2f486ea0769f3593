"""How is the directory published? The relay leases marks and sends each as a parcel.

The tests lie in ``tests/unit/api/outbox``, ``tests/integration/api/outbox`` and
``tests/conformance/test_renewed_marks.py``.
"""
