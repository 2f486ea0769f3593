"""Where does the OpenAPI document of SCIM come from? From the endpoints, schemas and examples here.

Nothing in this package takes part in a request of a provider: the document is made once, when
somebody asks for it.

The tests lie in ``tests/identity_providers/test_documented.py`` and in
``tests/integration/api/http/test_documents.py``.
"""
