"""How does the worker use RabbitMQ? A consumer receives messages and acks or delays each."""
