"""How does the document name a schema? Each has one place, to which references lead."""


def reference_to(schema: str) -> dict[str, str]:
    """Return the reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{schema}"}
