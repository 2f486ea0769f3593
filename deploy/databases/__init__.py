"""How are databases opened, watched and migrated? SQLite files, and sessions of PostgreSQL."""
