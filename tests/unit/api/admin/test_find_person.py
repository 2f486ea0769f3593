"""Is each person looked at once, however many texts are asked for, and meant by the right ones?"""

from dataclasses import replace
from typing import Any

from api.admin.find_person import _Wanted
from api.directory.people import KnownPerson

ADA = KnownPerson(
    "acme-store",
    "1",
    active=True,
    deleted=False,
    locked_at=None,
    profile={"user_name": "Ada", "email": "ada@acme.test", "external_id": "00uA"},
    newest_key="lovelace",
)


class _Counted(dict[str, Any]):
    """A profile that counts how often it is read."""

    reads = 0

    def get(self, *names: Any) -> Any:
        self.reads += 1
        return super().get(*names)


def test_a_person_is_meant_by_each_name_and_by_the_external_id_as_it_is_written() -> None:
    ben = replace(ADA, identity="0", profile={"user_name": "ben", "waiting_email": "ada@acme.test"})
    texts = ["ADA", " ada@ACME.test", "Lovelace", "00uA ", "00ua", "nobody", "ben"]
    wanted = _Wanted.of(texts)
    for person in (ADA, ben):
        wanted.look_at(person)
    meant = {text: [each.identity for each in wanted.found(text)] for text in texts}
    assert meant == {
        "ADA": ["1"],
        " ada@ACME.test": ["0", "1"],
        "Lovelace": ["0", "1"],
        "00uA ": ["1"],
        "00ua": [],
        "nobody": [],
        "ben": ["0"],
    }


def test_a_person_costs_no_more_with_more_texts() -> None:
    profile = _Counted(ADA.profile)
    wanted = _Wanted.of(f"name-{number}" for number in range(1_000))
    wanted.look_at(replace(ADA, profile=profile))
    assert profile.reads < 10
