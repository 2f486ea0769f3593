"""How does the relay speak to RabbitMQ? Over one line, in batches that are confirmed."""
