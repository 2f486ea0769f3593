"""How does the relay speak to RabbitMQ? A publisher sends batches and awaits their confirms.

The tests lie in ``tests/integration/rabbitmq/test_publisher.py`` and
``tests/conformance/test_transport.py``.
"""
