"""Which Chromium do tests get? The one that was named, else this machine's, else Playwright's."""

from pathlib import Path

import pytest

from tests.servers.chromium import find_chromium
from tests.servers.services import (
    Found,
    GivenServiceUnusable,
    ServiceSettings,
    ServiceUnavailable,
)

NOWHERE = "/nowhere/chrome"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder that is all of the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MUSTER_TEST_CHROMIUM", raising=False)
    return tmp_path


def program(path: Path) -> str:
    """Make a program."""
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_chromium_that_was_named_is_used(on_path: Path) -> None:
    program(on_path / "chromium")
    named = program(on_path / "mine")
    settings = ServiceSettings(chromium=named)
    assert find_chromium(settings, NOWHERE) == Found(named, "given by MUSTER_TEST_CHROMIUM")


def test_a_named_chromium_that_is_none_is_an_error_and_no_reason_to_look_further(
    on_path: Path,
) -> None:
    program(on_path / "chromium")
    with pytest.raises(GivenServiceUnusable, match="MUSTER_TEST_CHROMIUM"):
        find_chromium(ServiceSettings(chromium=NOWHERE), NOWHERE)


def test_the_path_is_looked_through_before_playwrights_own_is_taken(on_path: Path) -> None:
    own = program(on_path / "own")
    assert find_chromium(ServiceSettings(), own) == Found(own, "Playwright's own")
    for name in ("google-chrome", "chromium-browser", "chromium", "chromium-headless-shell"):
        path = program(on_path / name)
        assert find_chromium(ServiceSettings(), own).url == path


@pytest.mark.usefixtures("on_path")
def test_without_any_the_reason_is_named() -> None:
    with pytest.raises(ServiceUnavailable, match="no chromium"):
        find_chromium(ServiceSettings(), NOWHERE)
