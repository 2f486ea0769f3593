"""What does each command do? A module for each noun parses, calls a use case, and prints."""
