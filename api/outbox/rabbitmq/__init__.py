"""How does the relay speak to RabbitMQ? A publisher sends batches and awaits their confirms.

The tests lie in ``test_publisher.py`` and ``test_own_queues.py`` of ``tests/integration/rabbitmq``,
and in ``tests/conformance/test_transport.py``.
"""
