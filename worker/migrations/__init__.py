"""How do the worker's tables get their present schema? Revisions are run one after the other."""
