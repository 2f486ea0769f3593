"""Where do accounts and devices live? On a platform: the port, and one folder for each adapter."""
