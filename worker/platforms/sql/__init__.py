"""How does a platform look that lives in our own tables? Loaded, saved, and worked on by hand."""
