"""What opens a connection? Tokens: made, shown once, looked up and revoked."""
