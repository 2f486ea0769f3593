"""How is RabbitMQ? The dashboard shows metrics of its plugin rabbitmq_prometheus, 3.10 to 4.x."""

from deploy.monitoring.installations import most, total
from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row
from deploy.monitoring.queries import rate


def broker() -> Dashboard:
    """Return the dashboard of RabbitMQ."""
    return Dashboard(
        "broker",
        "broker",
        "Alarms, queues and messages of RabbitMQ, and its use of the machine.",
        [
            Row("Now", _now()),
            Row("Queues", _queues()),
            Row("Messages", _messages()),
            Row("Machine", _machine()),
        ],
    )


def _now() -> list[Figure]:
    return [
        Figure(
            f"Alarm: {resource}",
            f"1 while RabbitMQ blocks publishers because it is short of {resource}.",
            most(f"rabbitmq_alarms_{gauge}_watermark"),
            limit=1,
        )
        for resource, gauge in (("memory", "memory_used"), ("disk", "free_disk_space"))
    ] + [
        Figure("Connections", "Each process has two.", total("rabbitmq_connections")),
        Figure(
            "Consumers",
            "Each worker has two for each lane.",
            total("rabbitmq_consumers"),
        ),
        Figure("Queues", "Queues of Muster and of others.", total("rabbitmq_queues")),
        Figure(
            "In hand",
            "Messages that were delivered and are not acknowledged yet.",
            total("rabbitmq_queue_messages_unacked"),
        ),
    ]


def _queues() -> list[Graph]:
    queues = (
        ("Ready", "Messages that wait for a worker, by queue.", "messages_ready"),
        ("In hand", "Messages delivered to a worker, not acknowledged yet.", "messages_unacked"),
        ("Consumers", "Events of a lane without a consumer are not applied.", "consumers"),
    )
    return [
        Graph(
            title,
            about,
            [Query(total(f"rabbitmq_detailed_queue_{gauge}", "queue"), "{{queue}}")],
            width=8,
        )
        for title, about, gauge in queues
    ]


def _messages() -> list[Graph]:
    flows = ("received", "confirmed", "delivered", "acknowledged", "redelivered")
    reasons = ("delivery_limit", "expired", "maxlen", "rejected")
    return [
        Graph(
            "Flow",
            "Messages a second, of all queues.",
            [Query(rate(f"rabbitmq_global_messages_{flow}_total"), flow) for flow in flows],
            unit="ops",
        ),
        Graph(
            "Dead-lettered and unroutable",
            "Messages a second. Expired messages come back from a retry tier, as they should."
            " Messages over the delivery limit become dead letters. Unroutable ones lack their"
            " queue.",
            [
                *(
                    Query(
                        rate(f"rabbitmq_global_messages_dead_lettered_{reason}_total"),
                        reason.replace("_", " "),
                    )
                    for reason in reasons
                ),
                Query(rate("rabbitmq_global_messages_unroutable_returned_total"), "unroutable"),
            ],
            unit="ops",
        ),
    ]


def _machine() -> list[Graph]:
    return [
        Graph(
            "Memory",
            "At its limit the broker blocks publishers.",
            [
                Query("rabbitmq_process_resident_memory_bytes", "used {{instance}}"),
                Query("rabbitmq_resident_memory_limit_bytes", "limit {{instance}}"),
            ],
            unit="bytes",
        ),
        Graph(
            "Disk",
            "At its limit the broker blocks publishers.",
            [
                Query("rabbitmq_disk_space_available_bytes", "free {{instance}}"),
                Query("rabbitmq_disk_space_available_limit_bytes", "limit {{instance}}"),
            ],
            unit="bytes",
        ),
    ]
