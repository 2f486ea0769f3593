"""How do the directory's tables get their present schema? Revisions are run in their order."""
