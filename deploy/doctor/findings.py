"""How is a finding written? A function for each result, of which the type is the api's."""

from api.admin.examination import Finding, Result


def fine(about: str, says: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(about, Result.OK, "ok", says)


def warning(about: str, code: str, says: str, advice: str) -> Finding:
    """Return a finding that may become a problem, or is one for some people only."""
    return Finding(about, Result.WARNING, code, says, advice)


def problem(about: str, code: str, says: str, advice: str) -> Finding:
    """Return a finding that keeps Muster from its work, or opens it to others."""
    return Finding(about, Result.PROBLEM, code, says, advice)
