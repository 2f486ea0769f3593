"""How does a process reach its transport? RabbitMQ and its topology, or the embedded one."""
