"""Does the bill of materials name every locked package, with hashes, licences and reasons?"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.release.bill import as_json, bill_of

ROOT = Path(__file__).parents[4]

NOT_ON_LINUX = {"colorama"}


@pytest.fixture(scope="module")
def text() -> str:
    return as_json(bill_of(ROOT))


@pytest.fixture(scope="module")
def bill(text: str) -> dict[str, Any]:
    it: dict[str, Any] = json.loads(text)
    return it


def test_it_is_one_of_cyclonedx(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_it_has_what_the_lock_has(bill: dict[str, Any]) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    told = {(it["name"], it["version"]) for it in bill["components"]}
    assert told == set(re.findall(r"(?m)^([\w.-]+)==([^\s;]+)", lock))
    hashes = [it["content"] for package in bill["components"] for it in package["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"sha256:(\w+)", lock))


def test_every_package_that_is_installed_has_a_licence(bill: dict[str, Any]) -> None:
    without = {it["name"] for it in bill["components"] if not it.get("licenses")}
    assert without <= NOT_ON_LINUX
    (muster,) = bill["metadata"]["component"]["licenses"]
    assert muster == {"license": {"id": "Apache-2.0"}}


def test_every_package_has_a_reason_that_leads_back_to_muster(bill: dict[str, Any]) -> None:
    needs = {it["ref"]: it.get("dependsOn", ()) for it in bill["dependencies"]}
    reached = {"muster-scim"}
    while more := {need for ref in reached for need in needs[ref]} - reached:
        reached |= more
    others = {it["name"]: it["scope"] for it in bill["components"] if it["bom-ref"] not in reached}
    assert others == {"setuptools": "excluded"}, "it builds Muster, and is in no image"
