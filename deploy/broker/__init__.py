"""How does a process reach its transport? It opens RabbitMQ, or the embedded transport.

The tests lie in ``tests/integration/rabbitmq``, ``tests/unit/deploy/broker`` and
``tests/commands/test_dead_letters.py``.
"""
