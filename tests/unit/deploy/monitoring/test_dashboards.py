"""Does Grafana find dashboards that it can read, and people panels that explain themselves?"""

import json
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.monitoring.documents import DASHBOARDS
from deploy.monitoring.grafana_pages import GRID
from deploy.monitoring.installations import INSTALLATION

FILES = sorted(DASHBOARDS.glob("*.json"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def page(file: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(file.read_text())
    return read


def panels(page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what shows something."""
    return [panel for panel in page["panels"] if panel["type"] != "row"]


def test_these_are_the_dashboards() -> None:
    names = ["broker", "downstream", "ingress", "overview", "pipeline", "processes"]
    assert [path.stem for path in FILES] == names


def test_it_is_what_the_types_of_grafana_say(file: Path, page: dict[str, Any]) -> None:
    register_default_plugins()
    read = json.loads(JSONEncoder().encode(Dashboard.from_json(page)))
    for marks in read["annotations"]["list"]:  # fields of Prometheus, which the types leave out
        (asked,) = [it for it in page["annotations"]["list"] if it["name"] == marks["name"]]
        marks |= {name: asked[name] for name in ("titleFormat", "textFormat", "step")}
    assert read == page
    assert page["uid"] == f"muster-{file.stem}"


def test_every_panel_says_what_it_shows_and_asks_the_chosen_source(page: dict[str, Any]) -> None:
    for panel in panels(page):
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
        letters = [target["refId"] for target in panel["targets"]]
        assert letters
        assert len(set(letters)) == len(letters)
    assert [it["name"] for it in page["templating"]["list"]] == ["source", INSTALLATION]
    chosen = page["templating"]["list"][1]
    assert (chosen["multi"], chosen["includeAll"], chosen["allValue"]) == (True, True, ".*")


def test_panels_fill_the_grid(page: dict[str, Any]) -> None:
    covered = [
        (panel["gridPos"]["x"] + column, panel["gridPos"]["y"] + line)
        for panel in page["panels"]
        for column in range(panel["gridPos"]["w"])
        for line in range(panel["gridPos"]["h"])
    ]
    assert len(set(covered)) == len(covered), "panels lie on one another"
    assert max(column for column, _ in covered) == GRID - 1
    assert len(covered) == GRID * (max(line for _, line in covered) + 1), "there is a hole"
