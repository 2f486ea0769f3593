"""Does the console show what a change will do, and let it happen? With people on both sides."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from html import unescape

import pytest

from api.admin.actors import COMMAND
from api.admin.connection_states import change_state, show_connection
from api.directory.connection_states import ConnectionState, Verb
from contracts.rules import ChangePolicy, CreateMdmEmployee, MdmRules, Rules, StoreRules
from deploy.databases.open_databases import Databases
from tests.drivers.admin_http import admin_api_on
from tests.drivers.both_sides import RULES, Installation, installation_on
from tests.drivers.browsers import Visitor, signed_in

pytestmark = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)

CARRIED = re.compile('name="(seen|previewed|harmless)" value="([^"]+)"')
MARKUP = "<script>alert(1)</script>"
POLICY = f"Locked {MARKUP}"


def carried(page: str) -> dict[str, str]:
    """Return what a preview carries along of what it has seen."""
    return dict(CARRIED.findall(page))


@dataclass(frozen=True, slots=True)
class Looked:
    """An installation, and its owner at the console."""

    installation: Installation
    owner: Visitor

    @property
    def path(self) -> str:
        """Return the path of the pages of the connection."""
        return f"/connections/{self.installation.ingress.connection}"

    async def state(self) -> ConnectionState:
        """Return the state of the connection."""
        it, id_ = self.installation.administration, self.installation.ingress.connection
        return (await show_connection(it, COMMAND, id_)).standing.state


@pytest.fixture(params=[RULES], ids=["store"])
async def looked(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[Looked]:
    """Give an Enterprise Store, or what else a test names."""
    rules: Rules = request.param
    async with (
        installation_on(databases, rules) as installation,
        admin_api_on(databases.directory, served=installation.administration) as served,
    ):
        yield Looked(installation, await signed_in(served.app, served.admins["owner"].token))


@pytest.mark.parametrize("looked", [MdmRules()], indirect=True, ids=["mdm"])
async def test_new_rules_are_counted_told_by_name_and_then_followed(looked: Looked) -> None:
    installation, owner, path = looked.installation, looked.owner, f"{looked.path}/rules"
    await installation.inventory.policies.add("Acme", POLICY)
    for name in ("ada", "ben"):
        await installation.ingress.user(f"{name}@acme.test")
    await installation.deliver()
    assert POLICY in await owner.text(path)
    wanted = {
        "on_create": "create-mdm-employee",
        "on_deactivate": "change-policy",
        "policy": POLICY,
        "brake_kind": "off",
    }
    shown = await owner.send(path, wanted | {"step": "preview"})
    assert "All 2 effects" in shown.text
    assert "Create account" in shown.text
    assert "ada@" in shown.text
    assert MARKUP not in shown.text
    saved = await owner.send(path, wanted | {"step": "save"} | carried(shown.text))
    assert "2 people are gone over with the new rules" in saved.text
    it, id_ = installation.administration, installation.ingress.connection
    found = await show_connection(it, COMMAND, id_)
    assert found.rules == MdmRules(
        on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy=POLICY)
    )
    await installation.deliver()
    assert len(await installation.accounts()) == 2


async def test_an_observing_connection_shows_whom_it_would_create_and_goes_live(
    looked: Looked,
) -> None:
    installation, owner, path = looked.installation, looked.owner, f"{looked.path}/state"
    it, id_ = installation.administration, installation.ingress.connection
    await change_state(it, COMMAND, id_, Verb.OBSERVE)
    for number in range(110):
        await installation.ingress.user(f"person-{number:03}@acme.test", displayName=MARKUP)
    page = await owner.text(path)
    assert "110 changes wait" in page
    shown = await owner.send(path, {"step": "preview"})
    assert "100 of 110 effects" in shown.text
    assert MARKUP not in shown.text
    assert len(shown.content) < 100_000
    assert "Go live, and let 110 effects follow" in unescape(shown.text)
    assert await looked.state() is ConnectionState.OBSERVING
    refused = await owner.send(path, {"step": "resume"})
    assert (refused.status_code, await looked.state()) == (400, ConnectionState.OBSERVING)
    await owner.send(path, {"step": "resume"} | carried(shown.text))
    assert await looked.state() is ConnectionState.LIVE
    await installation.deliver()
    assert len(await installation.accounts()) == 110


@pytest.mark.parametrize("looked", [StoreRules()], indirect=True, ids=["nothing"])
async def test_a_going_live_that_does_nothing_says_so(looked: Looked) -> None:
    installation = looked.installation
    it, id_ = installation.administration, installation.ingress.connection
    await change_state(it, COMMAND, id_, Verb.PAUSE)
    await installation.ingress.user("ada@acme.test")
    await looked.owner.get(f"{looked.path}/state")
    shown = await looked.owner.send(f"{looked.path}/state", {"step": "preview"})
    assert "Nothing would happen" in shown.text


async def paused(looked: Looked) -> str:
    """Let somebody come, then pause the connection and let another one wait; return the first."""
    installation = looked.installation
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    it, id_ = installation.administration, installation.ingress.connection
    await change_state(it, COMMAND, id_, Verb.PAUSE)
    await installation.ingress.user("ben@acme.test")
    await looked.owner.get(f"{looked.path}/state")
    return ada


async def deactivate(looked: Looked, identity: str) -> None:
    off = {"op": "replace", "path": "active", "value": False}
    await looked.installation.ingress.patch(f"/Users/{identity}", off)


async def test_a_preview_whose_name_is_mistyped_is_shown_once_more(looked: Looked) -> None:
    owner, path = looked.owner, f"{looked.path}/state"
    await deactivate(looked, await paused(looked))
    shown = await owner.send(path, {"step": "preview"})
    assert 'value="resume" class="danger"' in shown.text
    form = {"step": "resume", "typed": "acme"} | carried(shown.text)
    refused = await owner.send(path, form)
    assert refused.status_code == 400
    assert "What would happen" in refused.text
    assert 'aria-describedby="typed-wrong"' in refused.text
    assert await looked.state() is ConnectionState.PAUSED
    await owner.send(path, form | {"typed": looked.installation.ingress.connection})
    assert await looked.state() is ConnectionState.LIVE


async def test_without_a_preview_the_wrong_field_is_in_sight(looked: Looked) -> None:
    await paused(looked)
    path = f"{looked.path}/state"
    refused = await looked.owner.send(path, {"step": "resume", "typed": "acme"})
    assert refused.status_code == 400
    assert "<details open>" in refused.text
    assert 'aria-describedby="typed-wrong"' in refused.text


async def test_a_going_live_is_harmless_only_until_somebody_leaves(looked: Looked) -> None:
    owner, path = looked.owner, f"{looked.path}/state"
    ada = await paused(looked)
    shown = await owner.send(path, {"step": "preview"})
    assert 'value="resume" class="danger"' not in shown.text
    form = {"step": "resume"} | carried(shown.text)
    assert "harmless" in form
    await deactivate(looked, ada)
    refused = await owner.send(path, form)
    assert refused.status_code == 409
    assert 'name="typed"' in refused.text
    assert await looked.state() is ConnectionState.PAUSED


async def test_rules_are_harmless_only_until_somebody_leaves(looked: Looked) -> None:
    owner, path = looked.owner, f"{looked.path}/rules"
    ada = await paused(looked)
    wanted = {"on_create": "nothing", "on_deactivate": "remove-employee", "brake_kind": "off"}
    shown = await owner.send(path, wanted | {"step": "preview"})
    form = wanted | {"step": "save"} | carried(shown.text)
    assert "harmless" in form
    await deactivate(looked, ada)
    refused = await owner.send(path, form)
    assert refused.status_code == 409
    assert "What would happen" in refused.text
    it, id_ = looked.installation.administration, looked.installation.ingress.connection
    assert (await show_connection(it, COMMAND, id_)).rules == RULES


@pytest.mark.parametrize("looked", [RULES], indirect=True, ids=["store"])
async def test_an_account_in_the_way_is_told_by_the_name_of_its_person(looked: Looked) -> None:
    installation = looked.installation
    it, id_ = installation.administration, installation.ingress.connection
    ada = await installation.ingress.user("ada@acme.test")
    await installation.deliver()
    await change_state(it, COMMAND, id_, Verb.PAUSE)
    emails = [{"value": "ada@acme.test", "primary": True}]
    await installation.ingress.user("other@acme.test", emails=emails)
    await looked.owner.get(f"{looked.path}/state")
    shown = unescape((await looked.owner.send(f"{looked.path}/state", {"step": "preview"})).text)
    assert "1 effect</caption>" in shown
    told = f"No account is created or linked. The address belongs to ada@acme.test of {id_}."
    assert told in shown
    assert ada not in shown
