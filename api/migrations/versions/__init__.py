"""Which revisions are there? One module each; what was released is never edited."""
