"""What does `muster monitoring export` write, and what does it leave alone?"""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import yaml

from deploy.export_monitoring import WRITTEN, export_monitoring
from deploy.monitoring import rules
from deploy.monitoring.annotations import Links
from deploy.monitoring.documents import DASHBOARDS, RULES
from deploy.monitoring.pace import Pace
from tests.commands.conftest import Answer

Muster = Callable[..., Answer]
LINKS = Links("https://wiki.example.com/runbooks", "https://grafana.example.com")


def contents(folder: Path) -> dict[str, str]:
    """Return the text of every file of an export."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and path.name != WRITTEN
    }


def exported(name: str) -> str:
    """Return a rule file of the distribution, with the first line of an export."""
    _, _, rest = (RULES / name).read_text().partition("\n")
    return f"# Written by `muster monitoring export`, as it is again after an upgrade.\n{rest}"


def test_the_files_are_those_of_the_distribution_but_for_who_writes_them(
    plain_muster: Muster, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "monitoring"
    answer = plain_muster("monitoring", "export", str(folder), "--json")
    assert answer.status == 0, answer.err
    expected = {f"rules/{path.name}": exported(path.name) for path in RULES.iterdir()} | {
        f"dashboards/{path.name}": path.read_text() for path in DASHBOARDS.iterdir()
    }
    assert contents(folder) == expected
    assert {(it["file"], it["done"]) for it in answer.json} == {
        (str(folder / path), "written") for path in expected
    }


def test_links_and_labels_are_those_that_the_writer_would_write(
    plain_muster: Muster, tmp_path: Path
) -> None:
    links = ("--runbooks", LINKS.runbooks, "--grafana", f"{LINKS.grafana}/")  # as browsers show it
    labels = ("--label", "team=identity: one", "--label", "region=east")
    assert plain_muster("monitoring", "export", str(tmp_path), *links, *labels).status == 0
    expected = yaml.safe_load(rules.alerts_text(Pace(), LINKS))
    for rule in expected["groups"][0]["rules"]:
        rule["labels"] |= {"team": "identity: one", "region": "east"}
    assert yaml.safe_load((tmp_path / "rules/alerts.yml").read_text()) == expected
    objectives = (tmp_path / "rules/objectives.yml").read_text()
    assert objectives == exported("objectives.yml")


def test_a_foreign_file_is_overwritten_by_force_alone(plain_muster: Muster, tmp_path: Path) -> None:
    export = ("monitoring", "export", str(tmp_path))
    foreign = tmp_path / "rules/alerts.yml"
    foreign.parent.mkdir()
    foreign.write_text("mine")
    refused = plain_muster(*export)
    assert refused.status == 2
    assert "changed since: rules/alerts.yml (--force" in refused.err
    assert contents(tmp_path) == {"rules/alerts.yml": "mine"}

    assert plain_muster(*export, "--force").status == 0
    assert foreign.read_text() == exported("alerts.yml")
    foreign.write_text("changed by hand")
    assert plain_muster(*export).status == 2
    assert foreign.read_text() == "changed by hand"


def test_an_export_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    export_monitoring(tmp_path, {"a": "1", "b": "1", "c": "1", "d": "1"}, force=False)
    (tmp_path / "d").write_text("changed by hand")
    done = export_monitoring(tmp_path, {"a": "1", "b": "2"}, force=False)
    assert done == {"a": "unchanged", "b": "written", "c": "removed"}
    assert contents(tmp_path) == {"a": "1", "b": "2", "d": "changed by hand"}


def test_a_list_leads_to_no_file_outside_of_the_folder(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    export_monitoring(folder, {"a": "1"}, force=False)
    outside.write_text("mine")
    digest = sha256(b"mine").hexdigest()
    (folder / WRITTEN).write_text(json.dumps({str(outside): digest, "../outside": digest}))
    assert export_monitoring(folder, {"a": "1"}, force=False) == {"a": "unchanged"}
    assert outside.read_text() == "mine"


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    export_monitoring(tmp_path, {"rules/a": "1"}, force=False)
    with (tmp_path / "rules/a").open() as reader:
        export_monitoring(tmp_path, {"rules/a": "2"}, force=False)
        assert reader.read() == "1"
    assert contents(tmp_path) == {"rules/a": "2"}, "and nothing is left beside it"


def test_a_folder_that_cannot_be_written_is_named(plain_muster: Muster, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("no folder")
    answer = plain_muster("monitoring", "export", str(tmp_path))
    assert (answer.status, answer.err) == (
        2,
        f"muster: {tmp_path} cannot be written: Not a directory\n",
    )


def test_what_no_rule_could_hold_is_refused(plain_muster: Muster, tmp_path: Path) -> None:
    for wrong in (
        ("--runbooks", "wiki.example.com"),
        ("--grafana", "https://grafana.example.com/#home"),
        ("--label", "lane=none"),
        ("--label", "two words=no"),
        ("--label", "alone"),
    ):
        folder = tmp_path / "none"
        answer = plain_muster("monitoring", "export", str(folder), *wrong)
        assert answer.status == 2
        assert wrong[0] in answer.err or "label" in answer.err
        assert not folder.exists()
