"""How does HTTP reach the api? Middleware traces, measures and bounds its requests."""
