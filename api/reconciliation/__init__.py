"""How is downstream kept in step? Versions are compared, judged and repaired."""
