"""How are groups served and kept? Requests, bodies, writes and statements, members aside."""
