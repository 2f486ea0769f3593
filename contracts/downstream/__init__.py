"""What may the api ask about downstream? Each Protocol, which the worker implements, has a file."""
