"""What has to be done at each identity provider? Guides tell it, with the fields of their forms.

The console shows them, ``muster connections show --for`` prints them, and the pages below
``docs/providers`` hold the same words. Nothing else depends on a provider: a guide is text.

The tests lie in ``tests/unit/api/admin/providers``, where ``test_documented_guides.py`` holds the
pages to the guides, and in ``tests/integration/api/console/test_providers.py``.
"""
