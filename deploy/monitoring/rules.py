"""What does Prometheus record, and about what does it alert? This module writes its rule files."""

from typing import Any

import yaml

from deploy.monitoring.alerts import Alert, alerts
from deploy.monitoring.annotations import REPOSITORY, Links, annotations
from deploy.monitoring.objectives import OBJECTIVES, PERIOD, WINDOWS
from deploy.monitoring.pace import MINUTE, Pace

HEADER = "# Written by `make dashboards` from deploy/monitoring/{origin}.py: change that.\n"

SLOW_INTERVAL = 5 * MINUTE
"""Seconds between two sums over thirty days, which cost the most and change the least."""


def objectives_text(pace: Pace) -> str:
    """Return the text of the file that records the share of bad events, over every window."""
    quick = [window for window in WINDOWS if window != PERIOD]
    groups = [
        {"name": "muster-objectives", "rules": _recorded(quick, pace)},
        {
            "name": "muster-objectives-of-the-period",
            "interval": pace.duration(SLOW_INTERVAL),
            "rules": _recorded([PERIOD], pace),
        },
    ]
    return _text("objectives", groups)


def alerts_text(pace: Pace, links: Links = REPOSITORY) -> str:
    """Return the text of the file of alerts."""
    alerting = [_alerting(alert, pace, links) for alert in alerts(pace)]
    return _text("alerts", [{"name": "muster-alerts", "rules": alerting}])


def _recorded(windows: list[int], pace: Pace) -> list[dict[str, str]]:
    return [
        {
            "record": objective.bad(window),
            "expr": objective.bad_share(pace.duration(window)),
        }
        for objective in OBJECTIVES
        for window in windows
    ]


def _alerting(alert: Alert, pace: Pace, links: Links) -> dict[str, Any]:
    waiting = {"for": pace.duration(alert.wait)} if alert.wait else {}
    return {
        "alert": alert.name,
        "expr": alert.expression,
        **waiting,
        "labels": {"severity": alert.severity, **alert.labels},
        "annotations": annotations(alert, links),
    }


def _text(origin: str, groups: list[dict[str, Any]]) -> str:
    written: str = yaml.safe_dump(
        {"groups": groups}, sort_keys=False, allow_unicode=True, width=100
    )
    return HEADER.format(origin=origin) + written
