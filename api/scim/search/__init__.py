"""How are resources found? Filters and orders in SQL, page by page."""
