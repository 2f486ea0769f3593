"""What does each dashboard show? One file each."""
