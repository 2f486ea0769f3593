"""When does a human have to know? Each alert is data here, and a page in docs/runbooks explains it.

Several processes export the same marks, queues and refusals, so queries take their maximum. A gauge
that is unavailable is NaN: NaN > 0 is false, and ``x != x`` is true for NaN alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from api.directory.brake_limits import Effect
from deploy.monitoring.installations import (
    INSTALLATION,
    by,
    least,
    most,
    number,
    total,
)
from deploy.monitoring.objectives import BURNS, OBJECTIVES, Burn, Objective
from deploy.monitoring.pace import DAY, HOUR, MINUTE, Pace
from deploy.monitoring.queries import LEAVERS_UNKNOWN

TOKEN_WARNING = 14 * DAY
"""Seconds before the end of a token."""

LOOP_LAG_LIMIT, LOOP_LAG_SHARE = 0.1, 0.01
"""Seconds (a bucket of the histogram) within which ``/livez`` is to answer, and the share of the
event loop's beats that may come later."""

REMEMBERED = 3 * DAY
"""Seconds after its last figures for which an installation is missed. A longer window costs more at
each evaluation, and an installation that was given up is missed for as long."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A condition, with the seconds (``wait``) for which it has to hold.

    ``severity``: a ``page`` wakes a person up, a ``ticket`` waits for the morning. Alerts of the
    same name share a runbook and differ in their labels.
    """

    name: str
    severity: str
    expression: str
    summary: str
    wait: int = MINUTE
    labels: dict[str, str] = field(default_factory=dict)


def alerts(pace: Pace) -> list[Alert]:
    """Return every alert, with its durations divided by the pace."""
    return [
        *(_budget_burn(objective, burn) for objective in OBJECTIVES for burn in BURNS),
        *_waiting_work(pace),
        *_needed_decisions(pace),
        *_unreachable_servers(),
        *_missing_parts(pace),
        _crowded_connections(pace),
        *_impeding_tenants(pace),
    ]


def _budget_burn(objective: Objective, burn: Burn) -> Alert:
    limit = f"{burn.factor:g} * {objective.budget:g}"
    return Alert(
        f"Muster{objective.name.title()}Budget",
        burn.severity,
        f"{objective.bad(burn.long)} > {limit} and {objective.bad(burn.short)} > {limit}",
        f"The error budget of the objective ({objective.promise}) is spent {burn.factor:g} times"
        f" as fast as it may be: {{{{ $value | humanizePercentage }}}} were bad.",
        wait=0,  # the two windows are wait enough
        labels={"window": Pace().duration(burn.long)},
    )


def _waiting_work(pace: Pace) -> Iterator[Alert]:
    for lane, severity, seconds in ("urgent", "page", MINUTE), ("bulk", "ticket", 15 * MINUTE):
        age = most(f'muster_oldest_dirty_mark_age_seconds{{lane="{lane}"}}', "lane")
        yield Alert(
            "MusterOldestMark",
            severity,
            f"{age} > {pace.seconds(seconds)}",
            "The oldest change that waits to be published in the lane {{ $labels.lane }} has"
            " waited for {{ $value | humanizeDuration }}.",
        )
    yield Alert(
        "MusterConsumingPaused",
        "page",
        f"{most('muster_consuming_paused', 'lane')} == 1",
        "A worker has paused the lane {{ $labels.lane }}, because the downstream database does"
        " not answer, or takes no writes.",
    )
    yield from _locked_out(pace)

    window = pace.duration(5 * MINUTE)
    confirmed = 'muster_publications_total{lane="urgent", outcome="confirmed"}'
    published = total(f"increase({confirmed}[{window}])")
    lies = most(f'min_over_time(muster_broker_messages{{queue="urgent"}}[{window}])')
    taken = total(f'increase(muster_batch_duration_seconds_count{{lane="urgent"}}[{window}])')
    yield Alert(
        "MusterLeaversNotTaken",
        "page",
        f"({published} > 0 or {lies} > 0) unless {taken} > 0",
        "Events are published in the urgent lane, or wait there, and no worker takes any of them.",
        wait=2 * MINUTE,
    )


def _locked_out(pace: Pace) -> Iterator[Alert]:
    window = pace.duration(5 * MINUTE)
    for lane, severity in ("urgent", "page"), ("bulk", "ticket"):
        aside = f'muster_locked_out_events_total{{lane="{lane}"}}'
        yield Alert(
            "MusterEventsLockedOut",
            severity,
            f"{total(f'increase({aside}[{window}])', 'lane')} > 0",
            "Events of the lane {{ $labels.lane }} are set aside again and again, because another"
            " session locks rows of the downstream database that they need:"
            " {{ $value | humanize }} times in five minutes.",
            wait=5 * MINUTE,  # after a short lock, events come again by themselves
        )


def _crowded_connections(pace: Pace) -> Alert:
    window = pace.duration(5 * MINUTE)
    ended = 'muster_http_connections_ended_total{reason=~"gave_way|no_room"}'
    return Alert(
        "MusterConnectionsCrowded",
        "ticket",
        f"{total(f'increase({ended}[{window}])', 'reason')} > 0",
        "Connections to the api that were ended for want of room ({{ $labels.reason }}):"
        " {{ $value | humanize }} in five minutes.",
        wait=5 * MINUTE,  # a shorter crowd needs no human
    )


def _impeding_tenants(pace: Pace) -> Iterator[Alert]:
    window = pace.duration(5 * MINUTE)
    lag = "muster_event_loop_lag_seconds"
    looks = total(f"increase({lag}_count[{window}])", "instance")
    in_time = total(f'increase({lag}_bucket{{le="{LOOP_LAG_LIMIT}"}}[{window}])', "instance")
    yield Alert(
        "MusterEventLoopHeld",
        "ticket",
        f"1 - {in_time} / {looks} > {LOOP_LAG_SHARE}",
        "The event loop of {{ $labels.instance }} is held again and again, and all requests wait:"
        " {{ $value | humanizePercentage }} of its beats came over"
        f" {LOOP_LAG_LIMIT * 1000:g} ms late.",
        wait=5 * MINUTE,
    )
    refused = f"increase(muster_share_refusals_total[{window}])"
    yield Alert(
        "MusterSharesUsedUp",
        "ticket",
        f"{total(refused, 'share')} > 0",
        "Requests that were refused with 429, because their SCIM connection had used up its share"
        " of {{ $labels.share }}: {{ $value | humanize }} in five minutes.",
        wait=10 * MINUTE,  # providers try again, and a burst is over by then
    )


def _needed_decisions(pace: Pace) -> Iterator[Alert]:
    yield Alert(
        "MusterLastAdminKeepsAccess",
        "page",
        most('muster_standing_refusals{reason="last_admin"}') + " > 0",
        "Last Admins that the provider has removed or downgraded, and that keep their access:"
        " {{ $value }}.",
    )
    yield from _held_leavings(pace)
    yield Alert(
        "MusterActionsRefused",
        "ticket",
        most('muster_standing_refusals{reason!="last_admin"}', "reason") + " > 0",
        "Actions that are refused for the reason {{ $labels.reason }}: {{ $value }}.",
        wait=5 * MINUTE,
    )
    yield Alert(
        "MusterEventsFailed",
        "ticket",
        f"{most('muster_standing_failures', 'kind')} > 0",
        "Identities whose newest event was given up ({{ $labels.kind }}): {{ $value }}.",
    )
    yield Alert(
        "MusterEventsUnpublishable",
        "ticket",
        f"{most('muster_unpublishable_identities')} > 0",
        "Identities whose newest event is larger than the broker, or MUSTER_LARGEST_EVENT, takes:"
        " {{ $value }}.",
    )
    yield Alert(
        "MusterDeadLetters",
        "ticket",
        most('muster_broker_messages{queue="dead_letters"}') + " > 0",
        "Messages that cannot be read, or were never acknowledged: {{ $value }}.",
    )
    yield Alert(
        "MusterDriftFound",
        "ticket",
        f"{total(f'increase(muster_sweep_marks_total[{pace.duration(HOUR)}])')} > 0",
        "Identities whose event never arrived downstream, and that the sweep published again:"
        " {{ $value | humanize }}.",
        wait=0,  # the sweep has ended already
    )
    yield Alert(
        "MusterLeaversUnknown",
        "ticket",
        f"{LEAVERS_UNKNOWN} > 0",
        "People who have left downstream, although the directory, which has lost their leaving,"
        " shows them as active: {{ $value }}.",
    )
    yield Alert(
        "MusterTokenExpires",
        "ticket",
        f"{least('muster_next_token_expiry_timestamp_seconds')} - time()"
        f" < {pace.seconds(TOKEN_WARNING)}",
        "A token of a connection ends in {{ $value | humanizeDuration }}; from then on its provider"
        " is refused.",
    )


def _held_leavings(pace: Pace) -> Iterator[Alert]:
    effects = "|".join(Effect)
    yield Alert(
        "MusterLeavingsHeld",
        "ticket",
        most(f'muster_held_identities{{reason=~"{effects}"}}', "reason") + " > 0",
        "More people were to leave, or to lose the Admin role, within an hour than the brake of"
        " their connection allows ({{ $labels.reason }}). So many are held: {{ $value }}.",
    )
    yield Alert(
        "MusterLeavingsHeld",
        "page",
        f"{most('muster_oldest_held_loss_age_seconds', 'reason')} > {pace.seconds(DAY)}",
        "People who are held by a brake ({{ $labels.reason }}) keep their access, and nobody has"
        " decided on it for {{ $value | humanizeDuration }}.",
    )


def _unreachable_servers() -> Iterator[Alert]:
    yield Alert(
        "MusterBrokerBlocked",
        "page",
        f"{most('muster_broker_blocked')} == 1",
        "RabbitMQ blocks publishers, because it is short of memory or disk.",
    )
    yield Alert(
        "MusterBrokerUnreachable",
        "page",
        "muster_publisher_connected == 0 or muster_consumer_connected == 0",
        "{{ $labels.instance }} cannot reach RabbitMQ.",
    )
    for database, gauge in (
        ("directory", "muster_dirty_marks"),
        ("downstream", "muster_standing_failures"),
    ):
        writes = f'muster_database_takes_writes{{database="{database}"}}'
        yield Alert(
            "MusterDatabaseUnreachable",
            "page",
            f"{number(f'{gauge} != {gauge}')} > 0 or {least(writes)} == 0",
            f"The {database} database does not answer the processes that need it, or takes no"
            " writes.",
            labels={"database": database},
        )


def _missing_parts(pace: Pace) -> Iterator[Alert]:
    """Yield an alert for each part: an installation that was seen lately has no figures of it.

    Where no installation has any, an alert without a name says so, also where none was seen before,
    or none has a name. Series without a name do not count as seen: naming an installation would
    else raise an alert about the nameless one.
    """
    seen = f'muster_build_info{{{INSTALLATION}!=""}}[{pace.duration(REMEMBERED)}]'
    known = f"group {by()} (last_over_time({seen}))"
    for part, gauge in (
        ("api", "muster_scim_request_duration_seconds_count"),
        ("worker", "muster_consumer_connected"),
    ):
        yield Alert(
            "MusterPartMissing",
            "page",
            f"({known} unless group {by()} ({gauge})) or on () absent({gauge})",
            f"Prometheus has no figures of any {part}: none runs, or none can be scraped.",
            wait=2 * MINUTE,
            labels={"part": part},
        )
