"""What opens a connection? Bearer tokens do: they are issued once, looked up and revoked here."""
