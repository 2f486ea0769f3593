"""How are resources found? Searches translate filters and orders into SQL, and read pages."""
