"""How does a process reach its transport? It opens RabbitMQ, or the embedded transport."""
