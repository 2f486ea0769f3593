"""In which steps is an operation served? A handler calls those of requests, searches and bulk."""
