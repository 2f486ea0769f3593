"""Are the groups of a user, which the database writes as JSON, those that the rows say?"""

from tests.drivers.in_process import Ingress

NAMES = ["Weavers", 'A "B"', "\\", "Ähren\n\t", "😀", "{}", "a,b", "a\x1fb"]
"""Names of groups that are awkward in JSON."""


async def test_a_user_is_shown_with_its_groups_whatever_they_are_called(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    ids = {await ingress.group(name, ada): name for name in NAMES}
    base = str(ingress.http.base_url).rstrip("/")
    assert (await ingress.send("GET", f"/Users/{ada}")).json()["groups"] == [
        {"value": id_, "$ref": f"{base}/Groups/{id_}", "display": ids[id_], "type": "direct"}
        for id_ in sorted(ids)
    ]
