"""What can administrators do? They manage connections, rules, tokens, resyncs and failures."""
