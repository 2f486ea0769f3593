"""How does HTTP carry SCIM? Routes, bodies, answers, and their OpenAPI document."""
