"""How does the worker use RabbitMQ? A consumer receives messages and acks or delays each.

``worker/open_deliveries.py`` decides when a message is acked; ``acks`` sends that.

The tests lie in ``tests/integration/rabbitmq/test_consumer.py``, ``tests/unit/worker/rabbitmq`` and
``tests/commands/test_dead_letters.py``.
"""
