"""What does each command do? One module per noun; they parse, call one use case, and print."""
