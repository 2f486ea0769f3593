"""What do the dashboards ask for? The queries of their panels and marks, as Grafana has them."""

import json
from collections.abc import Iterator

from deploy.monitoring.documents import DASHBOARDS


def queries_of_dashboards() -> Iterator[tuple[str, str]]:
    """Yield every query with its dashboard, and the title of the panel or the name of the marks."""
    for path in sorted(DASHBOARDS.glob("*")):
        page = json.loads(path.read_text())
        for panel in page["panels"]:
            for target in panel.get("targets", ()):
                yield f"{path.stem}, {panel['title']}", target["expr"]
        for marks in page["annotations"]["list"]:
            yield f"{path.stem}, {marks['name']}", marks["expr"]


def as_sent(query: str, window: str) -> str:
    """Return a query with what Grafana puts in when all installations are chosen."""
    return query.replace("$__rate_interval", window).replace("$installation", ".*")
