"""How does the worker speak to RabbitMQ? Messages come, are answered, delayed or set aside."""
