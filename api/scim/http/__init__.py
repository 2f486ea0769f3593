"""How does HTTP carry SCIM? Routes read bodies, send answers and document both."""
