"""Where does SCIM's OpenAPI document come from? Endpoints, schemas and examples here make it.

No part of this package serves a request of a provider: the document is made once, at the first
request for it.

The tests lie in ``tests/identity_providers/test_documented.py`` and in
``tests/integration/api/http/test_documents.py``.
"""
