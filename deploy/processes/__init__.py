"""Which processes are there, and how does each live? All in one, or one for each part."""
