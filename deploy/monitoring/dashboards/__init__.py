"""What does each dashboard show? Each of them has a file here."""
