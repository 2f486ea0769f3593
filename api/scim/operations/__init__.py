"""In which steps is an operation served? Those of the library, of searches and of bulk requests."""
