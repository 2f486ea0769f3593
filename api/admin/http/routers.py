"""Which nouns has the admin API? This list has the router of each.

A router is one of FastAPI's, with a prefix and a tag. Its routes take ``By`` (``asked.py``), lists
take ``Paged`` as well (``paging.py``), and every error is raised as it is.
"""

from fastapi import APIRouter

from api.admin.http.routes import (
    accounts,
    admins,
    audit,
    change_connection,
    conflicts,
    connections,
    devices,
    doctor,
    failures,
    held,
    people,
    policies,
    preview,
    requests,
    resync,
    rules,
    setup_links,
    status,
    tokens,
    why,
    workspaces,
)

ROUTERS: tuple[APIRouter, ...] = (
    workspaces.router,
    connections.router,
    change_connection.router,
    rules.router,
    preview.router,
    accounts.router,
    devices.router,
    policies.router,
    conflicts.router,
    tokens.router,
    setup_links.router,
    held.router,
    people.router,
    why.router,
    status.router,
    doctor.router,
    requests.router,
    failures.router,
    resync.router,
    audit.router,
    admins.router,
)
