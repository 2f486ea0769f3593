"""How does HTTP carry SCIM? Routes read bodies, send answers and document both.

The tests lie in ``tests/integration/api/scim/http`` and
``tests/identity_providers/test_documented.py``.
"""

from api.scim.protocol.field_descriptions import MESSAGES, read_no_more

read_no_more(*MESSAGES)  # before the library makes messages of its own
