"""What can administrators do? Connections, their rules and tokens, resyncs and failures."""
