"""Which revisions are there? Each module is a revision; a released revision is never edited."""
