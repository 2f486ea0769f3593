"""Does a client work that was generated from nothing but the OpenAPI document?

Generated clients send with httpx, all other tests with httpx2.
"""

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import openapi_python_client
import pytest
from fastapi import FastAPI
from openapi_python_client.config import Config, ConfigFile, MetaType

from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import admin_api_on
from tests.drivers.in_process import GROUP, PATCH, USER, ingress_on
from tests.readings.documents import silent_admin_api, silent_api

ON_SQLITE = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
ENTERPRISE = "urnietfparamsscimschemasextensionenterprise_2_0_user"
"""The name that the generator makes of the schema of the extension."""

Module = Callable[[str], Any]
"""Imports a module of a generated client."""


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, FastAPI], Module]:
    """Give what generates the client of an api, where its modules can be imported."""
    monkeypatch.syspath_prepend(tmp_path)

    def generate(name: str, app: FastAPI) -> Module:
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(app.openapi()))
        config = Config.from_sources(
            ConfigFile(post_hooks=[]),
            MetaType.NONE,
            document_source=file,
            file_encoding="utf-8",
            overwrite=False,
            output_path=tmp_path / name,
        )
        assert list(openapi_python_client.generate(config=config)) == []
        return lambda module: importlib.import_module(f"{name}.{module}")

    return generate


def client_of(module: Module, http: httpx2.AsyncClient) -> Any:
    """Return a generated client with the token, and the application, that tests have."""
    known = http._transport  # noqa: SLF001 - it leads to the application
    assert isinstance(known, httpx2.ASGITransport)
    token = http.headers["Authorization"].removeprefix("Bearer ")
    return module("client").AuthenticatedClient(
        f"https://{http.base_url.host}",
        token=token,
        httpx_args={"transport": httpx.ASGITransport(known.app)},
    )


@ON_SQLITE
async def test_a_client_of_scim_takes_people_through_their_lives(
    directory: DirectoryDatabase, generated: Callable[[str, FastAPI], Module]
) -> None:
    module = generated("muster_scim", silent_api())
    models = module("models")
    async with ingress_on(directory) as ingress:
        client = client_of(module, ingress.http)

        async def call(operation: str, *args: str, **more: Any) -> Any:
            called = module(f"api.{operation}").asyncio
            return await called(ingress.connection, *args, client=client, **more)

        ada = models.NewUser(user_name="ada@acme.test", schemas=[USER])
        ada.emails = [models.Email(value="ada@acme.test", primary=True)]
        setattr(ada, ENTERPRISE, models.EnterpriseUser(department="Weaving"))
        made = await call("users.create_user", body=ada)
        assert isinstance(made, models.User)
        assert isinstance(await call("users.create_user", body=ada), models.Error)
        read = await call("users.read_user", made.id)
        assert (read.user_name, getattr(read, ENTERPRISE).department) == (ada.user_name, "Weaving")
        found = await call("users.search_users", filter_='userName eq "ADA@acme.test"')
        assert [it.id for it in found.resources] == [made.id]

        team = models.NewGroup(display_name="Weavers", schemas=[GROUP])
        team.members = [models.GroupMember(value=made.id)]
        group = await call("groups.create_group", body=team)
        read = await call("users.read_user", made.id)
        assert [it.display for it in read.groups] == ["Weavers"]
        everything = await call("everything.search_everything")
        assert {it.id for it in everything.resources} == {made.id, group.id}

        leaves = models.PatchOperation(op="replace", path="active", value=False)
        change = models.PatchOp(operations=[leaves], schemas=[PATCH])
        assert (await call("users.modify_user", made.id, body=change)).active is False
        back = models.NewUser.from_dict(read.to_dict() | {"title": "Countess"})
        assert (await call("users.replace_user", made.id, body=back)).title == "Countess"
        assert await call("users.delete_user", made.id) is None
        gone = await call("users.read_user", made.id)
        assert (type(gone), gone.status) == (models.Error, "404")
        config = await call("discovery.read_what_is_supported")
        assert config.patch.supported


@ON_SQLITE
async def test_a_client_of_the_admin_api_lists_connections_and_is_told_problems(
    directory: DirectoryDatabase, generated: Callable[[str, FastAPI], Module]
) -> None:
    module = generated("muster_admin", silent_admin_api())
    async with admin_api_on(directory) as served:
        client = client_of(module, served.owner.http)
        page = await module("api.connections.connections_list").asyncio(client=client)
        assert [it.connection for it in page.items] == ["acme-store"]
        show = module("api.connections.connections_show")
        problem = await show.asyncio("other-store", client=client)
        assert (problem.status, problem.code) == (404, "unknown_connection")
