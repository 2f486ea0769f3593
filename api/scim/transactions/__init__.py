"""In what does a request reach the database? In transactions, which lock what they change."""
