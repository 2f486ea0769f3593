"""What becomes of a bulk request when something breaks on the way?"""

from typing import Any

from sqlalchemy import text
from structlog.testing import capture_logs

from api.directory.dialects import DirectoryDatabase
from deploy.databases.engines import open_engines
from tests.drivers.in_process import Ingress, ingress_on


def creations(*names: str) -> dict[str, Any]:
    """Return a bulk request that creates users."""
    return {
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": name, "data": {"userName": name}}
            for name in names
        ]
    }


async def test_while_the_database_is_away_the_rest_is_not_tried(
    directory: DirectoryDatabase,
) -> None:
    _, nowhere = open_engines("postgresql://nobody@127.0.0.1:1/nothing")
    away = DirectoryDatabase(directory.reading, nowhere)
    async with ingress_on(directory, served_from=away) as ingress:
        answer = await ingress.send("POST", "/Bulk", creations("ada", "ben", "cy"))
        member = [{"value": "bulkId:A"}]
        circle = creations("A")["Operations"][0] | {"path": "/Groups"}
        circle["data"] = {"displayName": "A", "members": member}
        turned = await ingress.send("POST", "/Bulk", {"Operations": [circle]})
    assert [each["status"] for each in turned.json()["Operations"]] == ["503"]
    [outcome] = answer.json()["Operations"]
    assert (outcome["status"], outcome["bulkId"]) == ("503", "ada")
    assert "try again" in outcome["response"]["detail"]
    await nowhere.dispose()


async def test_an_unknown_error_ends_one_operation_and_tells_nothing(ingress: Ingress) -> None:
    async with ingress.database.write() as db:
        await db.execute(text("ALTER TABLE identities RENAME TO elsewhere"))
    with capture_logs() as logs:
        answer = await ingress.send("POST", "/Bulk", creations("ada@acme.test", "ben"))
    async with ingress.database.write() as db:
        await db.execute(text("ALTER TABLE elsewhere RENAME TO identities"))
    outcomes = answer.json()["Operations"]
    assert [each["status"] for each in outcomes] == ["500", "500"]
    assert outcomes[0]["response"]["detail"] == "Internal server error"
    failures = [entry for entry in logs if entry["event"] == "request_failed"]
    assert len(failures) == 2
    assert "ada@acme.test" not in repr(logs)
    assert await ingress.found("/Users", "userName pr") == [], "each was rolled back"
