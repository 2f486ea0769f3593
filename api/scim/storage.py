"""Where are users and groups kept? The storage of scim2-server, on the directory's tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from scim2_models import NotFoundException, Resource, ResourceParameters, ResourceType, SearchRequest
from scim2_server.storage import AsyncScimStorage, SearchPage
