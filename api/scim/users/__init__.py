"""How are users served and kept? Requests, shared writes, statements, answers and pages."""
