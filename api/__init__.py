"""What do identity providers and administrators talk to? The ingress, the directory, the relay."""
