"""How does the relay speak to RabbitMQ? A publisher sends batches and awaits their confirms."""
